import { expect } from 'chai';
import { readArrival } from '../../lib/probe/arrival';
import { madeUp } from '../../lib/probe/made-up';

const CALLBACK = 'http://localhost:3000/callback';
const STATE = madeUp();

/** What is read of the query behind the callback URL's path, the parameters as an object. */
function read(query: string, { path = '/callback', callbackURL = CALLBACK } = {}) {
  const { params, ...rest } = readArrival({ path, query }, STATE, callbackURL);
  return { ...rest, params: Object.fromEntries(params) };
}

describe('what a callback of the probe has brought', () => {
  it('tells a state in the query from one in the path, and from none', () => {
    expect(read(`state=${STATE}`)).to.deep.equal({ stateIn: 'query', params: {} });
    expect(read('', { path: `/callback/${STATE}` })).to.deep.equal({ stateIn: 'path', params: {} });
    expect(read('')).to.deep.equal({ stateIn: 'nowhere', params: {} });
    expect(read('state=another'), 'another state').to.deep.equal({
      stateIn: 'nowhere',
      params: { state: 'another' },
    });
    expect(read('', { path: `/callback${STATE}` }).stateIn, 'no segment of its own').to.equal('nowhere');
    expect(read('', { path: `/${STATE}/callback` }).stateIn, 'not the last segment').to.equal('nowhere');
  });

  it('names what stands between the state and what the provider adds', () => {
    for (const [character, join] of Object.entries({ '&': '&', '?': '?', ';': 'other', '/': 'other' })) {
      expect(read(`state=${STATE}${character}authorization_code=abc`), character).to.deep.equal({
        stateIn: 'query',
        join,
        params: { authorization_code: 'abc' },
      });
    }
  });

  it('names it, too, if the provider puts its own parameters in front of the state', () => {
    for (const [character, join] of Object.entries({ '&': '&', '?': '?', ';': 'other' })) {
      expect(read(`error_code=100102${character}state=${STATE}`), character).to.deep.equal({
        stateIn: 'query',
        join,
        params: { error_code: '100102' },
      });
    }
  });

  it('names nothing if nothing was added', () => {
    const callbackURL = `${CALLBACK}?tenant=7`;
    expect(read(`tenant=7&state=${STATE}`, { callbackURL })).to.deep.equal({ stateIn: 'query', params: {} });
  });

  it("leaves out the callback URL's own query", () => {
    const callbackURL = `${CALLBACK}?tenant=7&x=y`;
    expect(read(`tenant=7&x=y&state=${STATE}?authorization_code=abc`, { callbackURL })).to.deep.equal({
      stateIn: 'query',
      join: '?',
      params: { authorization_code: 'abc' },
    });
    expect(
      read('tenant=7&x=y&authorization_code=abc', { callbackURL, path: `/callback/${STATE}` }),
    ).to.deep.equal({ stateIn: 'path', params: { authorization_code: 'abc' } });
  });

  it('reads parameters behind any question mark, where no state is in the query', () => {
    expect(read('tenant=7?authorization_code=a%2Bb', { callbackURL: `${CALLBACK}?tenant=7` })).to.deep.equal({
      stateIn: 'nowhere',
      params: { authorization_code: 'a+b' },
    });
  });
});
