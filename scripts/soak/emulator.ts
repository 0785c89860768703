import {
  type EmulatorEndpoint,
  type EmulatorFault,
  type EmulatorUser,
  startEmulator,
  type Tampering,
} from '../../lib/emulator/index';
import { CLIENT_ID, CLIENT_SECRET } from '../../test/support/options';

// The other side of the soak: an emulator that does what its parent process says.

export type Order =
  | { id: number; approve: string; as: number }
  | { id: number; fault: EmulatorFault; on: EmulatorEndpoint }
  | { id: number; tamper: Tampering }
  | { id: number; rotateKeys: true }
  | { id: number; signOut: number };

export type Report = { url: string } | { id: number; callback?: string };

/** Some for logins, and one for the sessions of each lane. */
const users = Array.from({ length: 70 }, (_, place): EmulatorUser => ({ freedom_id: `user-${place}` }));
const [, , revokeURI = ''] = process.argv;

async function main(): Promise<void> {
  // A signature of RS256 takes it far longer, and checking one is the same code.
  const emulator = await startEmulator({
    users,
    clients: [{ clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, revokeURI }],
    profileDelay: Number.POSITIVE_INFINITY,
    signing: 'ES256',
  });
  const report = (message: Report) => process.send?.(message);
  process.on('message', async (order: Order) => {
    const { id } = order;
    if ('approve' in order) {
      report({ id, callback: await emulator.approve(order.approve, { as: order.as }) });
      return;
    }
    if ('fault' in order) emulator.fault(order.on, order.fault);
    if ('tamper' in order) emulator.tamper(order.tamper);
    if ('rotateKeys' in order) emulator.rotateKeys();
    if ('signOut' in order) await emulator.signOut(order.signOut);
    report({ id });
  });
  process.once('disconnect', () => void emulator.close());
  report({ url: emulator.url });
}

void main();
