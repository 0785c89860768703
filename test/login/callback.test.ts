import { expect } from 'chai';
import { CallbackReader, type RequestWithQuery } from '../../lib/login/callback';

const REFUSALS = ['100102', 'access_denied'];
const own = { codeParameter: 'authorization_code', isCodeUnmistakable: true, stateIn: 'query' } as const;
const openID = { codeParameter: 'code', isCodeUnmistakable: false, stateIn: 'query' } as const;
const reader = new CallbackReader(own, REFUSALS);
const readCallback = (req: RequestWithQuery, callbackURL = '/callback') => reader.read(req, callbackURL);
const fromURL = (query: string) => readCallback({ url: `/callback${query}` });

describe('the callback reader', () => {
  it('knows the parameters of its flow', () => {
    expect(reader.parameters).to.deep.equal(['authorization_code', 'error_code', 'error', 'state']);
    const other = new CallbackReader(openID, REFUSALS);
    expect(other.parameters).to.deep.equal(['code', 'error_code', 'error', 'state']);
    const read = (url: string) => other.read({ url }, '/callback');
    expect(read('/callback?state=S&code=C')).to.include({ kind: 'code', code: 'C' });
    expect(read('/callback?authorization_code=C')).to.equal(undefined);
    expect(read('/callback?state=S?code=C')).to.include({ kind: 'code', state: 'S' });
  });

  it('accepts a code whose name apps use, too, only with a state, or at the callback URL', () => {
    const other = new CallbackReader(openID, REFUSALS);
    const kindAt = (url: string) => other.read({ url }, '/callback')?.kind;
    expect(kindAt('/callback?code=C')).to.equal('code');
    expect(kindAt('/elsewhere?code=C')).to.equal(undefined);
    expect(kindAt('/elsewhere?code=C&error=E')).to.equal(undefined);
    expect(kindAt('/elsewhere?code=C&state=S')).to.equal('code');
    expect(kindAt('/elsewhere?error_code=1')).to.equal('failure');
  });

  it('reads the issuer where the flow knows its own, and never takes it alone for a callback', () => {
    const other = new CallbackReader({ ...openID, issuer: 'https://id.example' }, REFUSALS);
    const read = (url: string) => other.read({ url }, '/callback');
    expect(other.parameters).to.deep.equal(['code', 'error_code', 'error', 'state', 'iss']);
    expect(read('/callback?state=S&code=C&iss=I')).to.include({ kind: 'code', issuer: 'I' });
    expect(read('/callback?state=S&error=E&iss=')).to.include({ kind: 'failure', issuer: '' });
    expect(read('/callback?state=S&code=C')).to.include({ issuer: undefined });
    expect(read('/callback?state=S&code=C&iss=I&iss=I')).to.include({ kind: 'malformed-callback' });
    expect(read('/callback?iss=I')).to.equal(undefined);
    expect(read('/callback?iss=I&state=S')).to.include({ kind: 'malformed-callback' });
    expect(fromURL('?state=S&authorization_code=C&iss=I&iss=I')).to.include({ issuer: undefined });
  });

  it('takes the given error codes for a refusal', () => {
    const other = new CallbackReader(own, ['7']);
    const kindOf = (code: string) =>
      other.read({ url: `/callback?state=S&error_code=${code}` }, '/callback')?.kind;
    expect([kindOf('7'), kindOf('100102')]).to.deep.equal(['refusal', 'failure']);
  });

  it('returns nothing for a request without any callback parameter: a login starts', () => {
    for (const query of [
      '',
      '?',
      '?returnTo=/cart',
      '?code=1&STATE=2',
      '?returnTo=/x?error=1',
      '?returnTo=/x%3Fstate=1',
    ]) {
      expect(fromURL(query), query).to.equal(undefined);
    }
    expect(readCallback({})).to.equal(undefined);
    expect(readCallback({ url: 7, query: 'text' })).to.equal(undefined);
    expect(readCallback({ query: { page: '2' } })).to.equal(undefined);
    expect(readCallback({ query: null })).to.equal(undefined);
  });

  it('finds the authorization code and the state', () => {
    const expected = { kind: 'code', state: 'S', issuer: undefined, code: 'a+b' };
    expect(fromURL('?state=S&authorization_code=a%2Bb')).to.deep.include(expected);
    expect(fromURL('?authorization_code=a%2Bb&x=1&state=S')).to.deep.include(expected);
    expect(readCallback({ query: { state: 'S', authorization_code: 'a+b' } })).to.deep.include(expected);
    expect(
      readCallback({ url: '/callback', query: { state: 'S', authorization_code: 'a+b' } }),
    ).to.deep.include(expected);
    expect(fromURL('?authorization_code=a%2Bb')).to.deep.include({ ...expected, state: undefined });
  });

  it('prefers the requested URL to what a router or a query parser made of it', () => {
    const req = { originalUrl: '/a/callback?state=S&authorization_code=C', url: '/callback', query: {} };
    expect(readCallback(req)).to.deep.include({ kind: 'code', state: 'S', issuer: undefined, code: 'C' });
  });

  it('finds a parameter that was added with a second ?', () => {
    expect(fromURL('?state=S?authorization_code=a%2Bb')).to.deep.include({
      kind: 'code',
      state: 'S',
      issuer: undefined,
      code: 'a+b',
    });
    expect(fromURL('?tenant=1&state=S?error_code=100102')).to.include({ kind: 'refusal', state: 'S' });
    expect(fromURL('?state=S?error=server_error&x=1')).to.include({ kind: 'failure', state: 'S' });
    expect(fromURL('?state=S%0A?authorization_code=C')).to.include({ kind: 'code', state: 'S\n' });
    const query = { state: 'S?authorization_code=C' };
    expect(readCallback({ query })).to.deep.include({
      kind: 'code',
      state: 'S',
      issuer: undefined,
      code: 'C',
    });
  });

  it('finds a parameter that was added with a second ? to the own query of the callback URL', () => {
    const req = { url: '/callback?a=1&tenant=7?authorization_code=C' };
    const expected = { kind: 'code', state: undefined, issuer: undefined, code: 'C' };
    expect(readCallback(req, '/callback?a=1&tenant=7')).to.deep.include(expected);
    expect(readCallback(req, '/callback?tenant=7&a=1')).to.equal(undefined);
  });

  it('tells a refusal from a failure', () => {
    const errors = [
      ['error_code=100102', 'refusal', '100102'],
      ['error=access_denied', 'refusal', 'access_denied'],
      ['error_code=100999', 'failure', '100999'],
      ['error=server_error', 'failure', 'server_error'],
    ];
    for (const [query, kind, errorCode] of errors) {
      const none = { issuer: undefined, description: undefined, code: undefined };
      expect(fromURL(`?state=S&${query}`)).to.deep.include({ kind, state: 'S', errorCode, ...none });
    }
  });

  it('reads what an error_description says, if there is one, and it is text', () => {
    const described = (query: string) => fromURL(`?state=S&error=server_error&${query}`);
    expect(described('error_description=Consent+expired')).to.include({ description: 'Consent expired' });
    const query = { state: 'S', error: 'x', error_description: 'Why' };
    expect(readCallback({ query })).to.include({ description: 'Why' });
    const none = ['error_description=a&error_description=b', 'error_description[]=a', 'description=a'];
    for (const one of none)
      expect(described(one), one).to.include({ kind: 'failure', description: undefined });
    const list = readCallback({ query: { state: 'S', error: 'x', error_description: ['a'] } });
    expect(list).to.include({ description: undefined });
  });

  it('takes state alone and error alone for parameters of the app, except at the callback URL', () => {
    const at = (url: string, callbackURL = 'https://app.example/auth/callback') =>
      readCallback({ url }, callbackURL)?.kind;
    const apps = ['state=/orders', 'error=cancelled', 'state=1&state=2', 'error[]=x', 'state', 'error='];
    for (const query of apps) {
      expect(at(`/login?${query}`), query).to.equal(undefined);
      expect(at(`/auth/callback?${query}`), query).to.not.equal(undefined);
    }
    const callbacks = [
      'authorization_code=C',
      'error_code=1',
      'state=S&error=x',
      'state[]=S&error=x',
      'authorization_code[0]=C',
    ];
    for (const query of callbacks) expect(at(`/login?${query}`), query).to.not.equal(undefined);
  });

  it('accepts no HEAD request as a callback, whatever its parameters', () => {
    const queries = ['state=S&authorization_code=C', 'state=S&state=S', 'error_code=100102', 'state=S'];
    for (const query of queries) {
      const head = { method: 'HEAD', url: `/callback?${query}` };
      expect(readCallback(head), query).to.include({ kind: 'head-request' });
      expect(readCallback({ ...head, method: 'GET' }), query).to.not.include({ kind: 'head-request' });
    }
    expect(readCallback({ method: 'HEAD', url: '/login' })).to.equal(undefined);
  });

  it('reports the error when there is an authorization code as well', () => {
    expect(fromURL('?state=S&authorization_code=C&error_code=1')).to.include({ kind: 'failure' });
    expect(fromURL('?state=S&authorization_code=C&error=&error_code=')).to.include({ kind: 'code' });
  });

  it('calls a callback malformed that has neither an authorization code nor an error', () => {
    for (const query of [
      '?state=S',
      '?state',
      '?state=S&authorization_code=',
      '?authorization_code',
      '?error=',
    ]) {
      expect(fromURL(query), query).to.include({ kind: 'malformed-callback' });
    }
  });

  it('calls a callback malformed that has a parameter twice, or as a list or an object', () => {
    const pairs = [
      'state=S&state=S',
      'authorization_code=C&authorization_code=D',
      'error=a&error=a',
      'error_code=1&error_code=',
    ];
    const queries = [...pairs, 'state[]=S', 'state[a]=S', 'authorization_code[0]=C', 'error_code[x][y]=1'];
    for (const query of queries) {
      expect(fromURL(`?state=S&authorization_code=C&${query}`), query).to.include({
        kind: 'malformed-callback',
      });
      expect(fromURL(`?${query}`), query).to.include({ kind: 'malformed-callback' });
    }
    expect(fromURL('?state=S?authorization_code=C&authorization_code=D')).to.include({
      kind: 'malformed-callback',
    });
    for (const value of [['C'], ['C', 'D'], { a: 'C' }, 7, true, null, undefined]) {
      expect(readCallback({ query: { state: 'S', authorization_code: value } })).to.include({
        kind: 'malformed-callback',
      });
    }
    expect(readCallback({ url: '/callback', query: { state: ['S?authorization_code=C'] } })).to.include({
      kind: 'malformed-callback',
    });
  });

  it('ignores parameters of a polluted prototype', () => {
    const query = Object.create({ authorization_code: 'C', state: 'S' });
    expect(readCallback({ query })).to.equal(undefined);
  });

  it('tells to which path the browser came back', () => {
    const pathOf = (req: RequestWithQuery) => (readCallback(req) as { path?: string } | undefined)?.path;
    expect(pathOf({ originalUrl: '/a/cb/?authorization_code=C', url: '/cb' })).to.equal('/a/cb/');
    expect(pathOf({ url: '/cb?error_code=1' })).to.equal('/cb');
    expect(pathOf({ query: { authorization_code: 'C' } })).to.equal('');
  });

  it('ignores a segment behind the callback URL if the state is a parameter', () => {
    const state = 'S'.repeat(43);
    const read = (url: string) => readCallback({ url });
    expect(read(`/callback/${state}`)).to.equal(undefined);
    expect(read(`/callback/${state}?error=x`)).to.equal(undefined);
    expect(read(`/callback/${state}?authorization_code=C`)).to.include({ kind: 'code', state: undefined });
    expect(read(`/callback/${state}?authorization_code=C&state=S`)).to.include({
      state: 'S',
      path: `/callback/${state}`,
    });
  });

  describe('where the state is a segment of the path', () => {
    const STATE = `${'aZ-_'.repeat(10)}abc`;
    const inPath = new CallbackReader({ ...own, stateIn: 'path' }, REFUSALS);
    const read = (url: string, callbackURL = 'https://app.example/auth/cb') =>
      inPath.read({ url }, callbackURL);

    it('leaves the name state to the callback URL of the app', () => {
      expect(inPath.parameters).to.deep.equal(['authorization_code', 'error_code', 'error']);
      const flow = { ...openID, stateIn: 'path', issuer: 'https://id.example' } as const;
      expect(new CallbackReader(flow, REFUSALS).parameters).to.include('iss').and.not.include('state');
    });

    it('finds it behind the callback URL, together with what Freedom ID says', () => {
      const back = { path: '/auth/cb', state: STATE, issuer: undefined };
      expect(read(`/auth/cb/${STATE}?authorization_code=C`)).to.deep.equal({
        kind: 'code',
        ...back,
        code: 'C',
      });
      const error = { ...back, description: undefined, code: undefined };
      expect(read(`/auth/cb/${STATE}?error=access_denied`)).to.deep.equal({
        kind: 'refusal',
        ...error,
        errorCode: 'access_denied',
      });
      expect(read(`/auth/cb/${STATE}?error_code=7`)).to.deep.equal({
        kind: 'failure',
        ...error,
        errorCode: '7',
      });
      expect(read(`/v1/auth/cb/${STATE}/?authorization_code=C`)).to.include({
        state: STATE,
        path: '/v1/auth/cb',
      });
      expect(read(`/cb/${STATE}?authorization_code=C`)).to.include({ state: STATE, path: '/cb' });
      const req = { url: `/cb/${STATE}`, query: { authorization_code: 'C' } };
      expect(inPath.read(req, '/cb')).to.include({ state: STATE, code: 'C' });
    });

    it('takes any request with a code of its own name or an error_code for a callback, with or without a state', () => {
      for (const path of ['/auth/cb', '/auth/cb/', '/login', `/login/${STATE}`, `/auth/cb/x/${STATE}`, '']) {
        for (const query of ['authorization_code=C', 'error_code=1']) {
          const callback = read(`${path}?${query}`);
          expect(callback, path).to.have.property('state', undefined);
          expect(callback, path).to.have.property('path', path);
        }
      }
      expect(read('/auth/cb/settings?authorization_code=C')).to.include({ state: 'settings' });
    });

    it('takes error for a callback at the callback URL only, with or without a segment behind it', () => {
      for (const path of ['/auth/cb', `/auth/cb/${STATE}`, '/auth/cb/short'])
        expect(read(`${path}?error=x`), path).to.include({ kind: 'failure' });
      for (const path of ['/login', `/login/${STATE}`, `/auth/cb/x/${STATE}`, '/auth'])
        expect(read(`${path}?error=x`), path).to.equal(undefined);
    });

    it('takes a state without a code or an error for a callback that is malformed, and for a HEAD request', () => {
      expect(read(`/auth/cb/${STATE}`)).to.include({ kind: 'malformed-callback' });
      expect(read(`/auth/cb/${STATE}/?x=1`)).to.include({ kind: 'malformed-callback' });
      const head = { method: 'HEAD', url: `/auth/cb/${STATE}` };
      expect(inPath.read(head, '/auth/cb')).to.include({ kind: 'head-request' });
    });

    it('starts a login for any other segment, and for such a one elsewhere', () => {
      const others = [
        'settings',
        `${STATE}a`,
        STATE.slice(1),
        `${STATE.slice(1)}.`,
        `x/${STATE}`,
        `${STATE}/x`,
      ];
      for (const segment of others) expect(read(`/auth/cb/${segment}`), segment).to.equal(undefined);
      for (const path of ['/auth/cb', '/auth/cb/', '/', `/${STATE}`, `/login/${STATE}`, '', STATE])
        expect(read(path), path).to.equal(undefined);
    });

    it('ignores a state in the query, however it is written', () => {
      const queries = [
        'state=S',
        'state=S&state=S',
        'state[]=S',
        `state=${STATE}`,
        'state=S?authorization_code=C',
        'state=',
      ];
      for (const query of queries) {
        for (const path of ['/login', '/auth/cb', '/auth/cb/settings'])
          expect(read(`${path}?${query}`), `${path} ${query}`).to.equal(undefined);
        expect(read(`/auth/cb/${STATE}?${query}&authorization_code=D`), query).to.include({
          state: STATE,
          code: 'D',
        });
        expect(read(`/auth/cb?${query}&authorization_code=D`), query).to.include({ state: undefined });
      }
      expect(read(`/login?state=${STATE}&error=x`)).to.equal(undefined);
      const req = { url: `/auth/cb/${STATE}`, query: { state: ['x'], authorization_code: 'C' } };
      expect(inPath.read(req, '/auth/cb')).to.include({ kind: 'code', state: STATE });
    });

    it('finds a parameter that was added with a second ? to the own query of the callback URL', () => {
      const callback = { kind: 'code', state: STATE, code: 'C' };
      expect(read(`/cb/${STATE}?x=1?authorization_code=C`, '/cb?x=1')).to.include(callback);
      expect(read(`/cb/${STATE}?state=1?authorization_code=C`, '/cb?state=1')).to.include(callback);
      expect(read(`/cb/${STATE}?x=1&y=2?authorization_code=C`, '/cb?y=2&x=1')).to.include({
        kind: 'malformed-callback',
      });
    });

    it('calls a callback malformed that has a parameter twice, whatever its state', () => {
      for (const query of ['authorization_code=C&authorization_code=C', 'error[]=x', 'error_code='])
        expect(read(`/auth/cb/${STATE}?${query}`), query).to.include({ kind: 'malformed-callback' });
    });

    it('does not take an issuer alone for a callback, but a state in the path', () => {
      const flow = { ...openID, stateIn: 'path', issuer: 'https://id.example' } as const;
      const other = new CallbackReader(flow, REFUSALS);
      expect(other.read({ url: '/cb/settings?iss=I' }, '/cb')).to.equal(undefined);
      expect(other.read({ url: `/cb/${STATE}?iss=I` }, '/cb')).to.include({ kind: 'malformed-callback' });
      expect(other.read({ url: `/cb/${STATE}?code=C` }, '/cb')).to.include({ kind: 'code', state: STATE });
      expect(other.read({ url: `/login/${STATE}?code=C` }, '/cb')).to.equal(undefined);
    });
  });
});
