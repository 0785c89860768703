import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { EmulatorEndpoint, EmulatorFault, Tampering } from '../../lib/emulator/index';
import type { Order, Report } from './emulator';

/** An emulator in a process of its own, so that the memory and time of this one are only the strategy's. */
export interface RemoteEmulator {
  url: string;
  /** @returns the callback URL */
  approve(link: string, as: number): Promise<string>;
  fault(endpoint: EmulatorEndpoint, kind: EmulatorFault): Promise<void>;
  /** Spoils the next ID token. */
  tamper(tampering: Tampering): Promise<void>;
  rotateKeys(): Promise<void>;
  /** @returns when the app has answered the calls that tell of it */
  signOut(user: number): Promise<void>;
  stop(): void;
}

/** @param revokeURI - where the app wants to be told of revoked tokens */
export async function startRemoteEmulator(revokeURI: string): Promise<RemoteEmulator> {
  const child = fork(join(__dirname, 'emulator.ts'), [revokeURI]);
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];

  const waiting = new Map<number, (callback: string) => void>();
  child.on('message', (report: Report) => {
    if (!('id' in report)) return;
    waiting.get(report.id)?.(report.callback ?? '');
    waiting.delete(report.id);
  });
  let orders = 0;
  const order = (what: (id: number) => Order) =>
    new Promise<string>((resolve) => {
      orders += 1;
      waiting.set(orders, resolve);
      child.send(what(orders));
    });

  const unexpectedEnd = () => {
    throw new Error('The emulator has ended before the soak');
  };
  child.once('exit', unexpectedEnd);
  return {
    url,
    approve: (link, as) => order((id) => ({ id, approve: link, as })),
    async fault(endpoint, kind) {
      await order((id) => ({ id, fault: kind, on: endpoint }));
    },
    async tamper(tampering) {
      await order((id) => ({ id, tamper: tampering }));
    },
    async rotateKeys() {
      await order((id) => ({ id, rotateKeys: true }));
    },
    async signOut(user) {
      await order((id) => ({ id, signOut: user }));
    },
    stop() {
      child.off('exit', unexpectedEnd);
      child.disconnect();
    },
  };
}
