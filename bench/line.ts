import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * Simulates a slow connection to a server on this machine: data takes half a round trip in each direction, and opening a
 * connection takes a whole one.
 *
 * @returns the port at its near end
 */
export async function openLine(port: number, roundTrip: number): Promise<number> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    // The TCP handshake on this machine took no time, so the first data waits for its round trip.
    carry(near, far, roundTrip / 2, performance.now() + roundTrip);
    carry(far, near, roundTrip / 2, 0);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function carry(from: Socket, to: Socket, delay: number, notBefore: number): void {
  // The queue keeps the order: of two timers that are due together, either may fire first.
  const underWay: (() => void)[] = [];
  const afterDelay = (arrive: () => void) => {
    underWay.push(arrive);
    at(Math.max(performance.now(), notBefore) + delay, () => underWay.shift()?.());
  };
  from.on('data', (chunk) => afterDelay(() => to.write(chunk)));
  from.on('end', () => afterDelay(() => to.end()));
  from.on('close', () => afterDelay(() => to.destroy()));
  // 'close' follows an error.
  from.on('error', () => {});
}

/** Timers may be two milliseconds late, four times in a login: the last two milliseconds pass without a timer. */
function at(due: number, act: () => void): void {
  const left = due - performance.now();
  if (left <= 0) act();
  else if (left <= 2) setImmediate(at, due, act);
  else setTimeout(at, left - 2, due, act);
}
