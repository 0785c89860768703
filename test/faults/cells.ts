import { type Expected, FAULTS, type Fault } from './faults';
import type { ExchangeName, FlowUnderTest } from './flow';
import { OAUTH } from './oauth';
import { OIDC } from './oidc';
import { TRANSPORTS, type TransportName } from './transports';

/** One login, over one transport, with one fault in one of its exchanges. */
export interface Cell {
  flow: FlowUnderTest;
  transport: TransportName;
  fault: Fault;
  exchange: ExchangeName;
}

export const FLOWS = [OAUTH, OIDC];

export const TRANSPORT_NAMES = Object.keys(TRANSPORTS) as TransportName[];

/** A flow's part of the matrix. */
export function cellsOf(flow: FlowUnderTest): Cell[] {
  return TRANSPORT_NAMES.flatMap((transport) =>
    FAULTS.flatMap((fault) => flow.exchanges.map((exchange) => ({ flow, transport, fault, exchange }))),
  );
}

export function expectedOf({ transport, fault, exchange }: Cell): Expected {
  return fault.but?.[exchange] ?? fault.but?.[transport] ?? fault.expected;
}
