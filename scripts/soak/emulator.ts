import {
  type EmulatorEndpoint,
  type EmulatorFault,
  type EmulatorUser,
  startEmulator,
  type Tampering,
} from '../../lib/emulator/index';

// The other side of the soak: an emulator that does what its parent process says.

export type Order =
  | { id: number; approve: string; as: number }
  | { id: number; fault: EmulatorFault; on: EmulatorEndpoint }
  | { id: number; tamper: Tampering }
  | { id: number; rotateKeys: true };

export type Report = { url: string } | { id: number; callback?: string };

const users = Array.from({ length: 20 }, (_, place): EmulatorUser => ({ freedom_id: `user-${place}` }));

async function main(): Promise<void> {
  // A signature of RS256 takes it far longer, and checking one is the same code.
  const emulator = await startEmulator({ users, signing: 'ES256' });
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
    report({ id });
  });
  process.once('disconnect', () => void emulator.close());
  report({ url: emulator.url });
}

void main();
