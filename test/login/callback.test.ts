import { expect } from 'chai';
import { CallbackReader, type RequestWithQuery } from '../../lib/login/callback';

const reader = new CallbackReader('authorization_code');
const readCallback = (req: RequestWithQuery, lastParameter?: string) => reader.read(req, lastParameter);
const fromURL = (query: string) => readCallback({ url: `/callback${query}` });

describe('the callback reader', () => {
  it('knows the parameters of its flow', () => {
    const of = (codeParameter: string) => new CallbackReader(codeParameter);
    expect(reader.parameters).to.deep.equal(['authorization_code', 'error_code', 'error', 'state']);
    expect(of('code').read({ url: '/callback?state=S&code=C' })).to.include({ kind: 'code', code: 'C' });
    expect(of('code').read({ url: '/callback?authorization_code=C' })).to.equal(undefined);
    expect(of('code').read({ url: '/callback?state=S?code=C' })).to.include({ kind: 'code', state: 'S' });
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
    const expected = { kind: 'code', state: 'S', code: 'a+b' };
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
    expect(readCallback(req)).to.deep.equal({ kind: 'code', state: 'S', code: 'C' });
  });

  it('finds a parameter that was added with a second ?', () => {
    expect(fromURL('?state=S?authorization_code=a%2Bb')).to.deep.equal({
      kind: 'code',
      state: 'S',
      code: 'a+b',
    });
    expect(fromURL('?tenant=1&state=S?error_code=100102')).to.include({ kind: 'refusal', state: 'S' });
    expect(fromURL('?state=S?error=server_error&x=1')).to.include({ kind: 'failure', state: 'S' });
    expect(fromURL('?state=S%0A?authorization_code=C')).to.include({ kind: 'code', state: 'S\n' });
    const query = { state: 'S?authorization_code=C' };
    expect(readCallback({ query })).to.deep.equal({ kind: 'code', state: 'S', code: 'C' });
  });

  it('finds a parameter that was added with a second ? to the own query of the callback URL', () => {
    const req = { url: '/callback?a=1&tenant=7?authorization_code=C' };
    expect(readCallback(req, 'tenant')).to.deep.equal({ kind: 'code', state: undefined, code: 'C' });
    expect(readCallback(req, 'a')).to.equal(undefined);
  });

  it('tells a refusal from a failure', () => {
    expect(fromURL('?state=S&error_code=100102')).to.deep.equal({
      kind: 'refusal',
      state: 'S',
      errorCode: '100102',
    });
    expect(fromURL('?state=S&error=access_denied')).to.deep.equal({
      kind: 'refusal',
      state: 'S',
      errorCode: 'access_denied',
    });
    expect(fromURL('?state=S&error_code=100999')).to.deep.equal({
      kind: 'failure',
      state: 'S',
      errorCode: '100999',
      code: undefined,
    });
    expect(fromURL('?state=S&error=server_error')).to.deep.equal({
      kind: 'failure',
      state: 'S',
      errorCode: 'server_error',
      code: undefined,
    });
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
      expect(fromURL(query), query).to.include({ kind: 'malformed' });
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
      expect(fromURL(`?state=S&authorization_code=C&${query}`), query).to.include({ kind: 'malformed' });
      expect(fromURL(`?${query}`), query).to.include({ kind: 'malformed' });
    }
    expect(fromURL('?state=S?authorization_code=C&authorization_code=D')).to.include({ kind: 'malformed' });
    for (const value of [['C'], ['C', 'D'], { a: 'C' }, 7, true, null, undefined]) {
      expect(readCallback({ query: { state: 'S', authorization_code: value } })).to.include({
        kind: 'malformed',
      });
    }
    expect(readCallback({ query: { state: ['S?authorization_code=C'] } })).to.include({ kind: 'malformed' });
  });

  it('ignores parameters of a polluted prototype', () => {
    const query = Object.create({ authorization_code: 'C', state: 'S' });
    expect(readCallback({ query })).to.equal(undefined);
  });
});
