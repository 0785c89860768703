import { expect } from 'chai';
import { type Consumer, useConsumer } from './consumer';

const app = (importPassport: string) => `
${importPassport}
import { FreedomIdError, type FreedomIdProfile, FreedomIdStrategy } from 'passport-freedom-id';
import { type Emulator, startEmulator } from 'passport-freedom-id/emulator';
import { type FreedomIdOidcProfile, FreedomIdOidcStrategy } from 'passport-freedom-id/oidc';

const options = { clientID: 'a', clientSecret: 'b', callbackURL: '/cb' };
passport.use(
  new FreedomIdStrategy(options, async (accessToken, refreshToken, profile) => {
    const known: FreedomIdProfile = profile;
    return { id: known.id, token: accessToken.length };
  }),
);
passport.use(
  new FreedomIdOidcStrategy(options, async (accessToken, refreshToken, profile) => {
    const known: FreedomIdOidcProfile = profile;
    return { id: known.id, until: known._claims.exp, mail: known.emails?.[0]?.verified };
  }),
);
export const emulator: Promise<Emulator> = startEmulator({ port: 0 });
export const status = (error: unknown) => (error instanceof FreedomIdError ? error.status : 500);

// @ts-expect-error Shows that the declarations are read, and are not \`any\`.
new FreedomIdStrategy({ ...options, clientID: 1 }, async () => false);
// @ts-expect-error The same for the entry of the other flow.
new FreedomIdOidcStrategy({ ...options, clientID: 1 }, async () => false);
`;

const DEFAULT_IMPORT = app("import passport from 'passport';");
const IMPORT_REQUIRE = app("import passport = require('passport');");

/** What a compiler is told about modules, and the files that it then compiles. */
const SETTINGS = {
  // With the declarations of browsers, too, which a compiler takes unless it is told otherwise.
  nodenext: [{ module: 'nodenext', lib: undefined }, ['app.mts', 'app.cts']],
  'esnext and bundler': [{ module: 'esnext', moduleResolution: 'bundler' }, ['app.ts']],
  'preserve and bundler': [{ module: 'preserve', moduleResolution: 'bundler' }, ['app.ts']],
  // Without esModuleInterop: such a project may well have been set up long ago.
  'commonjs and node10': [{ module: 'commonjs', moduleResolution: 'node10' }, ['classic.ts']],
  'commonjs and bundler': [{ module: 'commonjs', moduleResolution: 'bundler' }, ['classic.ts']],
} as const;

type Setting = keyof typeof SETTINGS;

/** The ones that all the compilers know. */
const COMMON: Setting[] = ['nodenext', 'esnext and bundler', 'preserve and bundler'];

const STRICT = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };

/** What an app imports of each flow, under names that both have. */
const FLOWS = {
  "Freedom ID's own flow": `
    import { type FreedomIdProfile as OwnProfile, FreedomIdStrategy as Strategy, type FreedomIdTokenParams as Params }
      from 'passport-freedom-id';`,
  'the OpenID Connect flow': `
    import { type FreedomIdOidcProfile as OwnProfile, FreedomIdOidcStrategy as Strategy, type FreedomIdOidcTokenParams as Params }
      from 'passport-freedom-id/oidc';`,
};

/** An app whose users have an e-mail address, which a profile has not. */
const withUsers = (imports: string, registration: string) => `
import type { Profile } from 'passport';
${imports}

declare global {
  namespace Express {
    interface User {
      id: string;
      email: string;
    }
  }
}
const options = { clientID: 'a', clientSecret: 'b', callbackURL: '/cb' };
${registration}
`;

/** Verify functions that return the profile where a user is due. */
const WRONG_USERS = {
  'an inline function': 'new Strategy(options, async (accessToken, refreshToken, profile) => profile);',
  'a function with a body': `
    new Strategy(options, async (accessToken, refreshToken, profile) => {
      return profile;
    });`,
  'a function for the profiles of every provider':
    'new Strategy(options, async (access: string, refresh: string, profile: Profile) => profile);',
  'a function that gets params': `
    new Strategy(
      options,
      async (access: string, refresh: string, params: Params, profile: OwnProfile, done: unknown) => profile,
    );`,
  'a function that gets the request': `
    new Strategy(
      { ...options, passReqToCallback: true },
      async (req, accessToken, refreshToken, profile) => {
        return profile;
      },
    );`,
};

/** @param compiler - the name under which npm installed it */
function compiles(consumer: Consumer, compiler: string, settings: Setting[]): void {
  before(() => {
    consumer.write('app.mts', DEFAULT_IMPORT);
    consumer.write('app.ts', DEFAULT_IMPORT);
    consumer.write('app.cts', IMPORT_REQUIRE);
    consumer.write('classic.ts', IMPORT_REQUIRE);
  });
  for (const setting of settings) {
    it(`under the module settings ${setting}`, () => {
      const [modules, files] = SETTINGS[setting];
      const checked = { ...STRICT, skipLibCheck: false, target: 'es2022', lib: ['es2022'], noEmit: true };
      const compilerOptions = { ...checked, ...modules };
      consumer.write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
      const tsc = `node_modules/${compiler}/bin/tsc`;
      expect(consumer.run(process.execPath, tsc)).to.deep.equal({ stdout: '', stderr: '', status: 0 });
    });
  }
}

/**
 * @param compiler - the name under which npm installed it
 * @param together - whether its messages are whole even if it sees one mistake after another
 */
function blames(consumer: Consumer, compiler: string, { together }: { together: boolean }): void {
  const mistakes = Object.entries(FLOWS).flatMap(([flow, imports], flowIndex) =>
    Object.entries(WRONG_USERS).map(([what, registration], index) => ({
      what: `${what} lacks in ${flow}`,
      file: `wrong-user-${flowIndex}-${index}.mts`,
      code: withUsers(imports, registration),
    })),
  );
  const messagesAbout = (files: string[]): string => {
    const compilerOptions = { module: 'nodenext', ...STRICT, skipLibCheck: true, noEmit: true };
    consumer.write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
    return consumer.run(process.execPath, `node_modules/${compiler}/bin/tsc`).stdout;
  };
  let all = '';
  before(() => {
    for (const { file, code } of mistakes) consumer.write(file, code);
    if (together) all = messagesAbout(mistakes.map(({ file }) => file));
  });
  for (const { what, file } of mistakes) {
    it(`and names the member that the user of ${what}`, () => {
      const messages = together ? all : messagesAbout([file]);
      const own = messages.split(/^(?=wrong-user-)/m).filter((message) => message.startsWith(file));
      expect(own).to.have.length(1);
      expect(own[0]).to.match(
        /'email' is missing in type '(FreedomId(Oidc)?)?Profile' but required in type 'User'/,
      );
      expect(own[0]).to.not.include('passReqToCallback');
    });
  }
}

describe('strict TypeScript that checks every declaration compiles an app', function () {
  this.timeout(180_000);

  describe('with TypeScript 5.4', () => {
    // The newest @types/node that TypeScript before 5.6 can read: newer ones use IteratorObject. All the
    // other types are the newest.
    const consumer = useConsumer('passport', 'typescript54@npm:typescript@5.4', '@types/node@25.9.3');
    compiles(consumer, 'typescript54', [...COMMON, 'commonjs and node10']);
    blames(consumer, 'typescript54', { together: false });
  });

  describe('with the newest types and', () => {
    const consumer = useConsumer(
      'passport',
      'typescript59@npm:typescript@5.9',
      'typescript7@npm:typescript@7',
    );

    describe('TypeScript 5.9', () => {
      compiles(consumer, 'typescript59', [...COMMON, 'commonjs and node10']);
      blames(consumer, 'typescript59', { together: true });
    });

    // It has dropped node10 (TS5108), and resolves modules for commonjs as for bundlers.
    describe('TypeScript 7', () => {
      compiles(consumer, 'typescript7', [...COMMON, 'commonjs and bundler']);
      blames(consumer, 'typescript7', { together: true });
    });
  });
});
