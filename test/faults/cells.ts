import { ENDPOINTS, type Endpoint } from './answers';
import { type Expected, FAULTS, type Fault } from './faults';
import { TRANSPORTS, type TransportName } from './transports';

/** One login, over one transport, with one fault in one of its exchanges. */
export interface Cell {
  transport: TransportName;
  fault: Fault;
  endpoint: Endpoint;
}

export const TRANSPORT_NAMES = Object.keys(TRANSPORTS) as TransportName[];

/** The matrix. */
export const CELLS: Cell[] = TRANSPORT_NAMES.flatMap((transport) =>
  FAULTS.flatMap((fault) => ENDPOINTS.map((endpoint) => ({ transport, fault, endpoint }))),
);

export function expectedOf({ transport, fault, endpoint }: Cell): Expected {
  return fault.but?.[endpoint] ?? fault.but?.[transport] ?? fault.expected;
}
