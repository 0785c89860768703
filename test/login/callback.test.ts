import { expect } from 'chai';
import { CallbackReader, type RequestWithQuery } from '../../lib/login/callback';

const REFUSALS = ['100102', 'access_denied'];
const own = { codeParameter: 'authorization_code', isCodeUnmistakable: true };
const reader = new CallbackReader(own, REFUSALS);
const readCallback = (req: RequestWithQuery, callbackURL = '/callback') => reader.read(req, callbackURL);
const fromURL = (query: string) => readCallback({ url: `/callback${query}` });

describe('the callback reader', () => {
  it('knows the parameters of its flow', () => {
    expect(reader.parameters).to.deep.equal(['authorization_code', 'error_code', 'error', 'state']);
    const other = new CallbackReader({ codeParameter: 'code', isCodeUnmistakable: false }, REFUSALS);
    expect(other.parameters).to.deep.equal(['code', 'error_code', 'error', 'state']);
    const read = (url: string) => other.read({ url }, '/callback');
    expect(read('/callback?state=S&code=C')).to.include({ kind: 'code', code: 'C' });
    expect(read('/callback?authorization_code=C')).to.equal(undefined);
    expect(read('/callback?state=S?code=C')).to.include({ kind: 'code', state: 'S' });
  });

  it('takes a code of a name that apps use, too, only with a state, or at the callback URL', () => {
    const other = new CallbackReader({ codeParameter: 'code', isCodeUnmistakable: false }, REFUSALS);
    const kindAt = (url: string) => other.read({ url }, '/callback')?.kind;
    expect(kindAt('/callback?code=C')).to.equal('code');
    expect(kindAt('/elsewhere?code=C')).to.equal(undefined);
    expect(kindAt('/elsewhere?code=C&error=E')).to.equal(undefined);
    expect(kindAt('/elsewhere?code=C&state=S')).to.equal('code');
    expect(kindAt('/elsewhere?error_code=1')).to.equal('failure');
  });

  it('reads the issuer where the flow knows its own, and never takes it alone for a callback', () => {
    const flow = { codeParameter: 'code', isCodeUnmistakable: false, issuer: 'https://id.example' };
    const other = new CallbackReader(flow, REFUSALS);
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

  it('takes for a refusal what it was told is one', () => {
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
    expect(fromURL('?state=S&authorization_code=a%2Bb')).to.deep.equal(expected);
    expect(fromURL('?authorization_code=a%2Bb&x=1&state=S')).to.deep.equal(expected);
    expect(readCallback({ query: { state: 'S', authorization_code: 'a+b' } })).to.deep.equal(expected);
    expect(
      readCallback({ url: '/callback', query: { state: 'S', authorization_code: 'a+b' } }),
    ).to.deep.equal(expected);
    expect(fromURL('?authorization_code=a%2Bb')).to.deep.equal({ ...expected, state: undefined });
  });

  it('prefers the requested URL to what a router or a query parser made of it', () => {
    const req = { originalUrl: '/a/callback?state=S&authorization_code=C', url: '/callback', query: {} };
    expect(readCallback(req)).to.deep.equal({ kind: 'code', state: 'S', issuer: undefined, code: 'C' });
  });

  it('finds a parameter that was added with a second ?', () => {
    expect(fromURL('?state=S?authorization_code=a%2Bb')).to.deep.equal({
      kind: 'code',
      state: 'S',
      issuer: undefined,
      code: 'a+b',
    });
    expect(fromURL('?tenant=1&state=S?error_code=100102')).to.include({ kind: 'refusal', state: 'S' });
    expect(fromURL('?state=S?error=server_error&x=1')).to.include({ kind: 'failure', state: 'S' });
    expect(fromURL('?state=S%0A?authorization_code=C')).to.include({ kind: 'code', state: 'S\n' });
    const query = { state: 'S?authorization_code=C' };
    expect(readCallback({ query })).to.deep.equal({ kind: 'code', state: 'S', issuer: undefined, code: 'C' });
  });

  it('finds a parameter that was added with a second ? to the own query of the callback URL', () => {
    const req = { url: '/callback?a=1&tenant=7?authorization_code=C' };
    const expected = { kind: 'code', state: undefined, issuer: undefined, code: 'C' };
    expect(readCallback(req, '/callback?a=1&tenant=7')).to.deep.equal(expected);
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
      expect(fromURL(`?state=S&${query}`)).to.deep.equal({ kind, state: 'S', errorCode, ...none });
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

  it('takes state alone and error alone for parameters of the app, but for those of the callback URL', () => {
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

  it('takes a HEAD request for no callback that can be used, whatever it says', () => {
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
});
