import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * A long line to a server on this machine: whatever goes along it takes half a round trip, and opening a connection takes
 * a whole one.
 *
 * @returns the port at its near end
 */
export async function openLine(port: number, roundTrip: number): Promise<number> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    // The handshake here took no time, so its round trip is waited for by what follows it.
    carry(near, far, roundTrip / 2, performance.now() + roundTrip);
    carry(far, near, roundTrip / 2, 0);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function carry(from: Socket, to: Socket, delay: number, notBefore: number): void {
  // In a queue: of two things that are due together, either may have its turn first.
  const underWay: (() => void)[] = [];
  const afterDelay = (arrive: () => void) => {
    underWay.push(arrive);
    at(Math.max(performance.now(), notBefore) + delay, () => underWay.shift()?.());
  };
  from.on('data', (chunk) => afterDelay(() => to.write(chunk)));
  from.on('end', () => afterDelay(() => to.end()));
  from.on('close', () => afterDelay(() => to.destroy()));
  // 'close' follows.
  from.on('error', () => {});
}

/** Timers are late by up to a millisecond or two, which four times in a login would be seen: the rest is waited awake. */
function at(due: number, act: () => void): void {
  const left = due - performance.now();
  if (left <= 0) act();
  else if (left <= 2) setImmediate(at, due, act);
  else setTimeout(at, left - 2, due, act);
}
