import { expect } from 'chai';
import fc from 'fast-check';
import { FreedomIdError, FreedomIdStrategy } from '../../lib';
import { endingOf } from '../support/ending';
import { type Endpoint, goodAnswer, memoryProvider } from '../support/memory-provider';
import { minimalOptions } from '../support/options';
import { property } from '../support/property';

const STATE = 'S'.repeat(43);
const CODE = 'C'.repeat(40);
const PARAMETERS = ['state', 'authorization_code', 'error_code', 'error'];

/** A session in which a login waits for its callback, as the library keeps it. */
const waitingSession = () => ({ 'freedom-id': { demo: [[STATE, Math.floor(Date.now() / 1000)]] } });

const oneOf = (...texts: string[]) => fc.constantFrom(...texts);

const name = fc.oneof(
  { weight: 6, arbitrary: oneOf(...PARAMETERS) },
  oneOf('state[]', 'authorization_code[0]', 'error[a][b]', 'state%5B%5D', '%73tate', 'State', 'state%00'),
  oneOf('code', 'tenant', '__proto__', 'constructor', ''),
  fc.string(),
);

const value = fc.oneof(
  { weight: 6, arbitrary: oneOf(STATE, CODE) },
  oneOf('', '100102', 'access_denied', 'server_error', `${STATE}x`, '%', '%zz', '%ff%fe', '\ud800', '\0\r\n'),
  oneOf(`${STATE}?authorization_code=${CODE}`, `${STATE}?error=x`, `${STATE}%3Fauthorization_code=${CODE}`),
  fc.string({ unit: 'binary' }),
  fc.nat(20_000).map((length) => 'x'.repeat(length)),
);

const encodings: ((text: string) => string)[] = [
  (text) => text,
  (text) => encodeURIComponent(text.toWellFormed()),
  (text) => encodeURIComponent(encodeURIComponent(text.toWellFormed())),
];

const piece = fc
  .tuple(
    fc.constantFrom('&', '&', '&', '?', ';', '', '#', '&amp;'),
    name,
    value,
    fc.constantFrom(...encodings),
  )
  .map(([joint, key, text, encode]) => `${joint}${key}=${encode(text)}`);

const goodQuery = `state=${STATE}&authorization_code=${CODE}`;

const url = fc
  .tuple(
    oneOf('/cb', `/cb/${STATE}`, `/cb/${STATE}`, '/cb/x', '', '//evil.example/', 'https://app.example/cb'),
    oneOf('', '', goodQuery, `state=${STATE}&error_code=100102`),
    fc.array(piece, { maxLength: 4 }),
  )
  .map(([path, good, pieces]) => `${path}?${good}${pieces.join('')}`);

const badText = fc.constantFrom<unknown>(undefined, null, 7, ['/cb'], { toString: 'no function' });

/** The values that query parsers produce, and values that a hostile one might. */
const parsed = fc.oneof(
  value,
  fc.array(value, { maxLength: 3 }),
  fc.dictionary(oneOf('a', '0', '__proto__'), value, { maxKeys: 2 }),
  badText,
);

const query = fc.oneof(
  fc.constant({ state: STATE, authorization_code: CODE }),
  fc.dictionary(name, parsed, { maxKeys: 5 }),
  fc.dictionary(name, parsed, { maxKeys: 2 }).map((own) => Object.setPrototypeOf(own, { state: STATE })),
  badText,
);

const headers = fc.oneof(
  fc.constant({ host: 'app.example' }),
  fc.dictionary(oneOf('host', 'x-forwarded-host', 'x-forwarded-proto', 'origin'), value),
  fc.constantFrom(undefined, null, { host: ['a', 'b'] }, { host: 'evil.example/@' }),
);

const request = fc.record(
  { url: fc.oneof({ weight: 5, arbitrary: url }, badText), originalUrl: url, query, headers, body: query },
  { requiredKeys: [] },
);

/** The sessions that a request may bring instead of the one in which the login waits. */
const foreignSessions = {
  none: () => undefined,
  broken: () => 'text',
  empty: () => ({}),
  junk: () => ({ 'freedom-id': 'text' }),
};

const session = fc.oneof(
  { weight: 6, arbitrary: fc.constant('own' as const) },
  fc.constantFrom(...(Object.keys(foreignSessions) as (keyof typeof foreignSessions)[])),
);

/** A member of the request that throws when it is read. */
const trap = fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) },
  fc.record({
    member: oneOf('url', 'originalUrl', 'query', 'headers', 'session', 'protocol', 'socket', 'app'),
    reason: fc.constantFrom<unknown>(new Error('trapped'), 'route', undefined, null, 0),
  }),
);

const callbackURL = oneOf('https://app.example/cb', 'https://app.example/cb?tenant=7', '/cb', 'cb?tenant=7');

function trapped(req: object, { member, reason }: { member: string; reason: unknown }): object {
  return Object.defineProperty(req, member, {
    get() {
      throw reason;
    },
  });
}

/** The parameters that are repeated in the query, of those that may be there only once. */
function repeated(text: unknown, stateIn: 'query' | 'path'): string[] {
  const query = typeof text === 'string' ? text.replace(/^[^?]*/, '') : '';
  const names = [...new URLSearchParams(query).keys()].map((key) => key.replace(/\[.*/s, ''));
  const parameters = PARAMETERS.filter((parameter) => stateIn === 'query' || parameter !== 'state');
  return parameters.filter((parameter) => names.indexOf(parameter) !== names.lastIndexOf(parameter));
}

describe('whatever comes to the callback URL', () => {
  const stateIn = fc.constantFrom('query' as const, 'path' as const);
  const values = fc.record({ request, session, trap, callbackURL, stateIn });

  property('ends in one action, and only a good state leads to token requests', values, async (generated) => {
    const asked: Endpoint[] = [];
    const fetch = memoryProvider((endpoint) => {
      asked.push(endpoint);
      return goodAnswer(endpoint);
    });
    const { callbackURL, stateIn } = generated;
    const options = { ...minimalOptions, callbackURL, stateIn, fetch };
    const strategy = new FreedomIdStrategy(options, async (_access, _refresh, profile) => profile);
    const ownSession = waitingSession();
    const broughtSession = generated.session === 'own' ? ownSession : foreignSessions[generated.session]();
    const fields = { ...generated.request, session: broughtSession };
    const req = generated.trap ? trapped(fields, generated.trap) : fields;

    const { action, args } = await endingOf(strategy, req);

    const isWaiting = ownSession['freedom-id']?.demo?.some(([state]) => state === STATE) ?? false;
    if (action === 'redirect') {
      expect(asked).to.deep.equal(['authorize']);
    } else if (action === 'success') {
      expect(asked).to.deep.equal(['token', 'get-data']);
      expect(isWaiting).to.equal(false);
      expect(JSON.stringify(generated.request)).to.include('authorization_code');
      const { originalUrl, url: ownURL } = generated.request;
      expect(repeated(originalUrl ?? ownURL, stateIn)).to.deep.equal([]);
    } else if (action === 'fail') {
      expect(asked).to.deep.equal([]);
      expect(args[0]).to.have.property('message').that.is.a('string').and.is.not.empty;
      expect(args[1]).to.be.oneOf([undefined, 400, 403]);
    } else {
      expect(action).to.equal('error');
      expect(asked).to.deep.equal([]);
      const isProvidersError = generated.session === 'own' && !generated.trap;
      expect(args[0]).to.be.instanceOf(isProvidersError ? FreedomIdError : Error);
    }

    // Only a request with its state may end the login that waits.
    if (!JSON.stringify(generated.request).includes(STATE)) expect(isWaiting).to.equal(true);
    const back = stateIn === 'path' ? `/cb/${STATE}?authorization_code=${CODE}` : `/cb?${goodQuery}`;
    const honest = { url: back, headers: { host: 'app.example' }, session: ownSession };
    expect((await endingOf(strategy, honest)).action).to.equal(isWaiting ? 'success' : 'fail');
  });
});
