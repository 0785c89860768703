import { CALLS } from './calls';
import { BODY_REFUSED, type Expected, FAULTS, type Fault } from './faults';
import type { ExchangeName, FlowUnderTest } from './flow';
import { OAUTH } from './oauth';
import { OIDC } from './oidc';
import { TRANSPORTS, type TransportName } from './transports';

/** One run of a flow, over one transport, with one fault in one of its exchanges. */
export interface Cell {
  flow: FlowUnderTest;
  transport: TransportName;
  fault: Fault;
  exchange: ExchangeName;
}

export const FLOWS = [OAUTH, OIDC, CALLS];

export const TRANSPORT_NAMES = Object.keys(TRANSPORTS) as TransportName[];

/** A flow's part of the matrix. */
export function cellsOf(flow: FlowUnderTest): Cell[] {
  return TRANSPORT_NAMES.flatMap((transport) =>
    FAULTS.flatMap((fault) => flow.exchanges.map((exchange) => ({ flow, transport, fault, exchange }))),
  );
}

/** Whether no request gets that far: the standard's fetch refuses a body on a GET (protocol 8). */
export function isUnsendable({ transport, exchange }: Cell): boolean {
  return exchange === 'profile-status' && transport === "undici's fetch";
}

/** Whether the connection is closed after each request: undici does so where a GET had a body. */
export function isNeverReused({ transport, exchange }: Cell): boolean {
  return exchange === 'profile-status' && transport === "undici's request";
}

export function expectedOf(cell: Cell): Expected {
  if (isUnsendable(cell)) return BODY_REFUSED;
  const { transport, fault, exchange } = cell;
  return fault.but?.[exchange] ?? fault.but?.[transport] ?? fault.expected;
}
