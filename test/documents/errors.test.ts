import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import express from 'express';
import session from 'express-session';
import { Passport } from 'passport';
import { FreedomIdError, FreedomIdStrategy, type VerifyFunction } from 'passport-freedom-id';
import { listen } from '../support/app';
import { CookieJar, locationOf } from '../support/browser';
import { runNode } from '../support/child';
import { useClosing } from '../support/closing';
import { readPage, root, snippets } from '../support/documents';
import { useEmulator } from '../support/emulator';
import { endingOf } from '../support/ending';
import { answerTokens, answerUser, logIn, request, startLogin, strategyWith } from '../support/mocked-login';
import { answerOnce, useNock } from '../support/nock';
import { minimalOptions } from '../support/options';
import { runSnippets } from '../support/run-snippets';

const PAGE = 'docs/errors.md';

/** The cells of the rows of the table whose first heading this is. */
function rowsUnder(heading: string): string[][] {
  const [, table = ''] = readPage(PAGE).split(new RegExp(`^\\| ${heading} \\|.*\\n\\| ---.*\\n`, 'm'));
  const rows = table.slice(0, table.indexOf('\n\n')).split('\n');
  return rows.map((row) => row.split('|').map((cell) => cell.trim())).map((cells) => cells.slice(1, -1));
}

/** The names in the first column of a table. */
const namesUnder = (heading: string) =>
  rowsUnder(heading).flatMap(([names = '']) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );

/** The members of a union of strings in a file of the sources. */
function membersOf(type: string, file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8');
  const [, members = ''] = new RegExp(`^export type ${type} =(.*?);$`, 'ms').exec(source) ?? [];
  return [...members.matchAll(/^ {2}\| '([^']+)'/gm)].map(([, name = '']) => name);
}

function codeOf(start: string): string {
  const code = [...snippets(PAGE, 'js'), ...snippets(PAGE)].find((snippet) => snippet.includes(start));
  return code ?? expect.fail(`no snippet has ${start}`);
}

describe('docs/errors.md', () => {
  describe('has a table of the reasons why a login fails', () => {
    useNock();

    it('with the status and the message of each, and no other', async () => {
      const found: unknown[][] = [];
      const note = async (ending: ReturnType<typeof endingOf>) => {
        const { action, args } = await ending;
        expect(action).to.equal('fail');
        const [{ reason, message }, status = 401] = args as [{ reason: string; message: string }, number?];
        found.push([`\`${reason}\``, String(status), message]);
      };
      const strategy = strategyWith();
      await note(logIn(strategy, 'error_code=100102'));
      answerOnce('POST', '/api/v1/oauth/token', 200, { error: { message: 'x', code: '100101' } });
      await note(logIn(strategy));
      await note(endingOf(strategy, request('/cb?state=x&authorization_code=C')));
      const { session } = await startLogin(strategy);
      await note(endingOf(strategy, request('/cb?state=x&authorization_code=C', session)));
      await note(endingOf(strategy, request('/cb?state=x&state=y&authorization_code=C')));
      await note(endingOf(strategy, request('/auth/freedom-id/callback?state=x')));
      await note(endingOf(strategyWith({ callbackURL: '/cb' }), { url: '/login', session: {} }));
      await note(endingOf(strategy, { ...request('/cb?authorization_code=C'), method: 'HEAD' }));
      answerTokens();
      answerUser();
      await note(logIn(strategyWith({}, async () => false)));
      expect(rowsUnder('`info.reason`').map((cells) => cells.slice(0, 3))).to.deep.equal(found);
      expect(new Set(namesUnder('`info.reason`'))).to.deep.equal(
        new Set(membersOf('FailureReason', 'lib/login/outcome.ts')),
      );
      for (const [, , message] of found) expect(message, 'needs no escaping').to.not.match(/[<>&"']/);
    });
  });

  it('has tables of the codes, the endpoints and the members of an error, with nothing missing or invented', () => {
    expect(namesUnder('`code` of `FreedomIdError`')).to.have.members(
      membersOf('FreedomIdErrorCode', 'lib/errors.ts'),
    );
    expect(namesUnder('`endpoint`')).to.have.members(membersOf('FreedomIdEndpoint', 'lib/errors.ts'));
    const details = {
      code: 'ERR_FREEDOM_ID_REJECTED',
      endpoint: 'token',
      httpStatus: 400,
      providerCode: '1',
      fields: {},
      retryAfter: 1,
      cause: new Error(),
    } as const;
    const members = Object.getOwnPropertyNames(new FreedomIdError('x', details));
    expect(rowsUnder('member of `FreedomIdError`').map(([name]) => name)).to.have.members(
      members.filter((name) => name !== 'name' && name !== 'stack').map((name) => `\`${name}\``),
    );
  });

  it('lists what `leg` and `action` of an event may be', () => {
    const [legs, actions] = /^`leg` is (.*), and `action` is (.*)\.$/m.exec(readPage(PAGE))?.slice(1) ?? [];
    const words = (text = '') => [...text.matchAll(/`(\w+)`/g)].map(([, word]) => word);
    const source = readFileSync(join(root, 'lib/login/outcome.ts'), 'utf8');
    const known = new Set(
      [...source.matchAll(/^ +(?:\| \{ )?action: '(\w+)'/gm)].map(([, action]) => action),
    );
    expect(words(actions)).to.have.members([...known]);
    const declared = /^(?:export )?type Leg = (.*);$/m.exec(
      readFileSync(join(root, 'lib/login/outcome.ts'), 'utf8'),
    )?.[1];
    expect(
      words(legs)
        .map((leg) => `'${leg}'`)
        .join(' | '),
    ).to.equal(declared);
  });

  describe('in an app', () => {
    const emulator = useEmulator();
    const closing = useClosing();

    async function start(codes: string[], verify: VerifyFunction = async (_a, _r, { id }) => ({ id })) {
      const app = express();
      app.set('env', 'test');
      const { url, close } = await listen(app);
      closing.push(close);
      const passport = new Passport();
      const callbackURL = `${url}/auth/freedom-id/callback`;
      passport.use(new FreedomIdStrategy({ ...minimalOptions, callbackURL, baseURL: emulator.url }, verify));
      passport.serializeUser((user, done) => done(null, user));
      passport.deserializeUser((user: Express.User, done) => done(null, user));
      app.use(session({ secret: 'test', resave: false, saveUninitialized: false }));
      app.use(passport.session());
      app.get('/auth/freedom-id', passport.authenticate('freedom-id'));
      const quiet = { error: () => {} };
      await runSnippets(codes, { app, passport, FreedomIdError, console: quiet });
      app.get('/', (req, res) => void res.json(req.user ?? null));
      const browser = new CookieJar();
      const link = async () => locationOf(await browser.get(`${url}/auth/freedom-id`));
      return { url, browser, link };
    }

    it('shows why a login failed, once', async () => {
      const { url, browser, link } = await start([codeOf('failureMessage')]);
      const { text } = await browser.visit(await emulator.refuse(await link()));
      expect(text).to.include('<p>The login was cancelled at Freedom ID.</p>');
      expect((await browser.visit(`${url}/login`)).text).to.include('<p></p>');
      expect((await browser.visit(await emulator.approve(await link()))).text).to.include('"id"');
    });

    it('shows it in the words of the app, in the language of the browser', async () => {
      const { url, browser, link } = await start([codeOf('TEXTS')]);
      const russian = { 'accept-language': 'ru-KZ,ru;q=0.9,en;q=0.5' };
      const refused = await browser.get(await emulator.refuse(await link()), russian);
      expect(refused.status).to.equal(401);
      expect(await refused.text()).to.include('<p>Вы отменили вход через Freedom ID.</p>');
      const lost = `${url}/auth/freedom-id/callback?state=x&authorization_code=C`;
      const english = await new CookieJar().get(lost, { 'accept-language': 'en' });
      expect(english.status).to.equal(403);
      expect(await english.text()).to.include('<p>The sign-in was not finished. Please try again.</p>');
      const malformed = await new CookieJar().get(`${lost}&state=y`, { 'accept-language': 'kk' });
      expect(await malformed.text()).to.include('<p>Не удалось войти. Попробуйте ещё раз.</p>');
      const { text } = await browser.visit(await emulator.approve(await link()));
      expect(text).to.include('"id"');
      expect((await browser.visit(url)).text, 'still signed in').to.include('"id"');
    });

    it('has a text in both languages for each reason that users meet, and one for all others', async () => {
      const { TEXTS } = await runSnippets([codeOf('TEXTS')], { app: express() }, ['TEXTS']);
      const [...reasons] = membersOf('FailureReason', 'lib/login/outcome.ts');
      for (const [reason, texts] of Object.entries(TEXTS as object)) {
        expect([...reasons, 'other']).to.include(reason);
        expect(texts.ru).to.match(/^[А-Я].*\.$/);
        expect(texts.en).to.match(/^[A-Z].*\.$/);
      }
      const unlikely = ['malformed-callback', 'no-host', 'head-request'];
      expect(Object.keys(TEXTS as object)).to.have.members([
        ...reasons.filter((reason) => !unlikely.includes(reason)),
        'other',
      ]);
    });

    it("takes a reason of the app's own from verify", async () => {
      const { verify } = await runSnippets([codeOf("reason: 'blocked'")], {}, ['verify']);
      const texts = codeOf('TEXTS').replace(
        'const TEXTS = {',
        "const TEXTS = { blocked: { ru: 'Учётная запись заблокирована.' },",
      );
      const { browser, link } = await start([texts], verify as VerifyFunction);
      const answer = await browser.get(await emulator.approve(await link()), { 'accept-language': 'ru' });
      expect(await answer.text()).to.include('<p>Учётная запись заблокирована.</p>');
    });

    it('ends in an error for an info that is a string with Cyrillic letters', async () => {
      const [, call = ''] = /`done\((null, false, '[^`]*')\)`/.exec(readPage(PAGE)) ?? [];
      const [, message = ''] = /ends in the error `([^`]+)`/.exec(readPage(PAGE)) ?? [];
      const [, info = ''] = /'(.*)'/.exec(call) ?? [];
      const route =
        "app.get('/auth/freedom-id/callback', passport.authenticate('freedom-id'));" +
        'app.use((error, req, res, next) => res.status(500).send(error.message));';
      const { browser, link } = await start([route], (_a, _r, _p, done) => done(null, false, info as never));
      const answer = await browser.get(await emulator.approve(await link()));
      expect([answer.status, await answer.text()]).to.deep.equal([500, message]);
    });

    it('answers an error with its status, and says when to try again', async () => {
      const codes = [codeOf('failureMessage'), codeOf('retryAfter')];
      const { browser, link } = await start(codes);
      const callback = await emulator.approve(await link());
      emulator.fault('token', 'status-500');
      const answer = await browser.get(callback);
      expect(answer.status).to.equal(502);
      expect(await answer.text()).to.include('Не удалось войти через Freedom ID');
      const again = await browser.visit(callback);
      expect(again.text, 'the state is used up').to.include('please start again');
      expect((await browser.visit(await emulator.approve(await link()))).text).to.include('"id"');

      const limited = express();
      limited.get('/', (_req, _res, next) => {
        const details = { code: 'ERR_FREEDOM_ID_RESPONSE', endpoint: 'token', retryAfter: 7 } as const;
        next(new FreedomIdError('too many', details));
      });
      await runSnippets([codeOf('retryAfter')], {
        app: limited,
        FreedomIdError,
        console: { error: () => {} },
      });
      const { url, close } = await listen(limited);
      closing.push(close);
      expect((await fetch(url)).headers.get('retry-after')).to.equal('7');
    });

    it('prints under NODE_DEBUG what the page shows', async function () {
      this.timeout(20_000);
      const script = `
        const { FreedomIdStrategy } = require('./lib');
        const { startEmulator } = require('./lib/emulator');
        (async () => {
          const emulator = await startEmulator();
          const options = { clientID: 'demo', clientSecret: 'demo-secret', callbackURL: 'https://app.example/cb', baseURL: emulator.url };
          const strategy = new FreedomIdStrategy(options, async (accessToken, refreshToken, profile) => profile);
          const session = {};
          const ask = (url) => new Promise((resolve) => {
            const host = Object.assign(Object.create(strategy), { redirect: resolve, success: resolve, fail: resolve, error: resolve });
            host.authenticate({ url, session, headers: { host: 'app.example' } });
          });
          await ask(await emulator.approve(await ask('/login')));
          await ask(await emulator.refuse(await ask('/login')));
          await emulator.close();
        })();`;
      const command = runNode(['-e', script], { NODE_DEBUG: 'passport-freedom-id' });
      expect(await command.ended).to.equal(0);
      const inGeneral = (output: string) =>
        output
          .replaceAll(/^(PASSPORT-FREEDOM-ID) \d+/gm, '$1 PID')
          .replaceAll(/http:\/\/(?:127\.0\.0\.1|localhost):\d+/g, 'URL')
          .replaceAll(/ in \d+ ms/g, ' in N ms');
      expect(inGeneral(snippets(PAGE, 'text').join(''))).to.equal(inGeneral(command.stderr));
    });
  });
});
