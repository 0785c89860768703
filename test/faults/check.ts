import { expect } from 'chai';
import { FreedomIdError } from '../../lib';
import { CLIENT_SECRET } from '../support/options';
import { type Cell, expectedOf } from './cells';
import type { ExchangeName, LoggedIn } from './flow';
import type { Observation } from './observe';
import { ACCESS_TOKEN, BASIC, BIRTHDAY, CODE, FIRST_NAME, REFRESH_TOKEN, TOKEN_ID, USER_ID } from './values';

const USER: LoggedIn = {
  id: USER_ID,
  displayName: FIRST_NAME,
  birthday: BIRTHDAY,
  accessToken: ACCESS_TOKEN,
  tokenId: TOKEN_ID,
  expires: true,
};

/** How much of an endless response may be sent before the client closes the connection: a part waits in buffers. */
const MOST_BYTES = 16 * 1024 * 1024;

/** @throws if a login with this fault did not go as expected */
export function check(cell: Cell, observation: Observation): void {
  const { flow, exchange } = cell;
  const expected = expectedOf(cell);
  const { outcome, login, requests, bytesSent, printed, next } = observation;
  const [first] = login.ending.args;
  expect(outcome, first instanceof Error ? first.message : '').to.equal(expected.outcome);
  if ('reason' in expected) checkError(first, exchange, expected.reason);
  else if (expected.outcome === 'ok') expect(first).to.deep.equal({ ...USER, ...expected.user });
  if (outcome === 'ok' || exchange !== 'authorize') expect(login.link).to.match(flow.link);

  const { atOnce } = cell.fault;
  if (atOnce === undefined) expect(requests).to.deep.equal(requestsOf(cell));
  else expect(requests).to.have.members(requestsOfMany(cell, atOnce));
  expect(bytesSent).to.be.below(MOST_BYTES);
  expect({}).to.not.have.property('polluted');
  for (const secret of [
    ...[CLIENT_SECRET, BASIC, CODE, ACCESS_TOKEN, REFRESH_TOKEN, login.state],
    ...flow.secrets,
  ]) {
    expect(secret).to.not.equal('');
    expect(printed).to.not.include(secret);
  }
  expect(next, 'the next login').to.equal('ok');
}

function checkError(error: unknown, exchange: ExchangeName, reason: RegExp): void {
  if (!(error instanceof FreedomIdError)) expect.fail(`not a FreedomIdError, but ${error}`);
  const endpoint = exchange === 'oidc-token' ? 'token' : exchange;
  expect(error.endpoint).to.equal(endpoint);
  expect(error.status).to.equal(error.code === 'ERR_FREEDOM_ID_TIMEOUT' ? 504 : 502);
  expect(error.message).to.match(new RegExp(`^Freedom ID ${endpoint}: .*\\.$`));
  expect(error.message).to.match(reason);
}

/** Each request once, up to the one that fails. That one comes twice from a transport that sends it again. */
function requestsOf(cell: Cell): string[] {
  const { flow, fault, exchange, transport } = cell;
  const isOK = expectedOf(cell).outcome === 'ok';
  const before = flow.exchanges.slice(0, flow.exchanges.indexOf(exchange));
  const after = isOK ? flow.exchanges.slice(before.length + 1) : [];
  const tries = typeof fault.breakage === 'string' ? 0 : fault.sentTwiceOver?.includes(transport) ? 2 : 1;
  return [...before, ...Array<ExchangeName>(tries).fill(exchange), ...after].map((path) => `/${path}`);
}

/** The requests of so many logins at once, in any order. */
function requestsOfMany(cell: Cell, atOnce: number): string[] {
  const shared = cell.flow.shared.map((path) => `/${path}`);
  return requestsOf(cell).flatMap((path) => Array<string>(shared.includes(path) ? 1 : atOnce).fill(path));
}
