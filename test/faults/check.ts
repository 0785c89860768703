import { expect } from 'chai';
import { FreedomIdError } from '../../lib';
import { CLIENT_SECRET } from '../support/options';
import {
  ACCESS_TOKEN,
  BASIC,
  CODE,
  ENDPOINTS,
  type Endpoint,
  FIRST_NAME,
  LINK,
  REFRESH_TOKEN,
  TOKEN_ID,
  USER_ID,
} from './answers';
import { type Cell, expectedOf } from './cells';
import type { LoggedIn } from './login';
import type { Observation } from './observe';

const USER: LoggedIn = {
  id: USER_ID,
  displayName: FIRST_NAME,
  birthday: '2000-01-01',
  accessToken: ACCESS_TOKEN,
  tokenId: TOKEN_ID,
  expires: true,
};

/** How much of an endless response may be sent before the client closes the connection: a part waits in buffers. */
const MOST_BYTES = 16 * 1024 * 1024;

/** @throws if a login with this fault did not go as expected */
export function check(cell: Cell, observation: Observation): void {
  const expected = expectedOf(cell);
  const { outcome, login, requests, bytesSent, printed, next } = observation;
  const [first] = login.ending.args;
  expect(outcome, first instanceof Error ? first.message : '').to.equal(expected.outcome);
  if ('reason' in expected) checkError(first, cell.endpoint, expected.reason);
  else if (expected.outcome === 'ok') expect(first).to.deep.equal({ ...USER, ...expected.user });
  if (outcome === 'ok' || cell.endpoint !== 'authorize') expect(login.link).to.equal(new URL(LINK).href);

  const { atOnce } = cell.fault;
  if (atOnce === undefined) expect(requests).to.deep.equal(requestsOf(cell));
  else expect(requests).to.have.members(Array(atOnce).fill(requestsOf(cell)).flat());
  expect(bytesSent).to.be.below(MOST_BYTES);
  expect({}).to.not.have.property('polluted');
  for (const secret of [CLIENT_SECRET, BASIC, CODE, ACCESS_TOKEN, REFRESH_TOKEN, login.state]) {
    expect(secret).to.not.equal('');
    expect(printed).to.not.include(secret);
  }
  expect(next, 'the next login').to.equal('ok');
}

function checkError(error: unknown, endpoint: Endpoint, reason: RegExp): void {
  if (!(error instanceof FreedomIdError)) expect.fail(`not a FreedomIdError, but ${error}`);
  expect(error.endpoint).to.equal(endpoint);
  expect(error.status).to.equal(error.code === 'ERR_FREEDOM_ID_TIMEOUT' ? 504 : 502);
  expect(error.message).to.match(new RegExp(`^Freedom ID ${endpoint}: .*\\.$`));
  expect(error.message).to.match(reason);
}

/** Each request once, up to the one that fails. That one comes twice from a transport that sends it again. */
function requestsOf(cell: Cell): string[] {
  const { fault, endpoint, transport } = cell;
  const isOK = expectedOf(cell).outcome === 'ok';
  const before = ENDPOINTS.slice(0, ENDPOINTS.indexOf(endpoint));
  const after = isOK ? ENDPOINTS.slice(before.length + 1) : [];
  const tries = typeof fault.breakage === 'string' ? 0 : fault.sentTwiceOver?.includes(transport) ? 2 : 1;
  return [...before, ...Array<Endpoint>(tries).fill(endpoint), ...after].map((path) => `/${path}`);
}
