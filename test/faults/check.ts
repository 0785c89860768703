import { expect } from 'chai';
import { FreedomIdError } from '../../lib';
import { compact } from '../../lib/profile';
import { CLIENT_SECRET } from '../support/options';
import { type Cell, expectedOf, isNeverReused, isUnsendable } from './cells';
import { ENDPOINTS, type ExchangeName } from './flow';
import type { Observation } from './observe';
import { ACCESS_TOKEN, BASIC, CODE, REFRESH_TOKEN } from './values';

/** How much of an endless response may be sent before the client closes the connection: a part waits in buffers. */
const MOST_BYTES = 16 * 1024 * 1024;

/** @throws if a run with this fault did not go as expected */
export function check(cell: Cell, observation: Observation): void {
  const { flow, exchange } = cell;
  const expected = expectedOf(cell);
  const { run, requests, bytesSent, printed, next } = observation;
  const { outcome, result } = run;
  expect(outcome, result instanceof Error ? result.message : '').to.equal(expected.outcome);
  if ('reason' in expected) checkError(result, exchange, expected.reason);
  else if (expected.outcome === 'ok') {
    expect(result).to.deep.equal(compact({ ...flow.yields(exchange), ...expected.instead }));
  }

  const { atOnce } = cell.fault;
  if (atOnce === undefined) expect(requests).to.deep.equal(requestsOf(cell));
  else expect(requests).to.have.members(requestsOfMany(cell, atOnce));
  expect(bytesSent).to.be.below(MOST_BYTES);
  expect({}).to.not.have.property('polluted');
  for (const secret of [
    ...[CLIENT_SECRET, BASIC, CODE, ACCESS_TOKEN, REFRESH_TOKEN],
    ...flow.secrets,
    ...run.secrets,
  ]) {
    expect(secret).to.not.equal('');
    expect(printed).to.not.include(secret);
  }
  expect(next, 'the next run').to.equal(isUnsendable(cell) ? expected.outcome : 'ok');
}

function checkError(error: unknown, exchange: ExchangeName, reason: RegExp): void {
  if (!(error instanceof FreedomIdError)) expect.fail(`not a FreedomIdError, but ${error}`);
  const endpoint = ENDPOINTS[exchange];
  expect(error.endpoint).to.equal(endpoint);
  expect(error.status).to.equal(error.code === 'ERR_FREEDOM_ID_TIMEOUT' ? 504 : 502);
  expect(error.message).to.match(new RegExp(`^Freedom ID ${endpoint}: .*\\.$`));
  expect(error.message).to.match(reason);
}

/** Each request once, up to the one that fails. That one comes as often as the transport sends it. */
function requestsOf(cell: Cell): ExchangeName[] {
  const { flow, exchange } = cell;
  const broken = Array<ExchangeName>(triesOf(cell)).fill(exchange);
  if (flow.isAnyOf) return broken;
  const isOK = expectedOf(cell).outcome === 'ok';
  const before = flow.exchanges.slice(0, flow.exchanges.indexOf(exchange));
  const after = isOK ? flow.exchanges.slice(before.length + 1) : [];
  return [...before, ...broken, ...after];
}

function triesOf(cell: Cell): number {
  const { breakage, keptAlive, sentTwiceOver = [], sentOnceAt = [] } = cell.fault;
  if (typeof breakage === 'string' || isUnsendable(cell)) return 0;
  if (keptAlive && isNeverReused(cell)) return 1;
  return sentTwiceOver.includes(cell.transport) && !sentOnceAt.includes(cell.exchange) ? 2 : 1;
}

/** The requests of so many runs at once, in any order. */
function requestsOfMany(cell: Cell, atOnce: number): ExchangeName[] {
  const isShared = (name: ExchangeName) => cell.flow.shared.includes(name);
  return requestsOf(cell).flatMap((name) => Array<ExchangeName>(isShared(name) ? 1 : atOnce).fill(name));
}
