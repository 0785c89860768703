import type { EmulatorBehaviour } from './behaviour';
import type { EmulatorClient } from './clients';
import { type Emulator, openEmulator } from './emulator';
import type { EmulatorEndpoint, EmulatorFault } from './faults';
import type { Tampering } from './id-tokens';
import type { EmulatorOptions } from './options';
import type { Approval } from './person';
import type { ProfileOutcome } from './profiles';
import type { EmulatorRevocation } from './revocations';
import type { EmulatorRequest } from './server';
import type { EmulatorSigning } from './signing-keys';
import type { EmulatorUser } from './users';

export type {
  Approval,
  Emulator,
  EmulatorBehaviour,
  EmulatorClient,
  EmulatorEndpoint,
  EmulatorFault,
  EmulatorOptions,
  EmulatorRequest,
  EmulatorRevocation,
  EmulatorSigning,
  EmulatorUser,
  ProfileOutcome,
  Tampering,
};

/**
 * Starts a Freedom ID on this machine, for development and tests. Anybody can sign in to it as anybody, so it does not start with
 * `NODE_ENV=production`. See docs/testing.md.
 *
 * @param options - what it has and how it behaves: each option has a default
 * @throws a `TypeError` that names a wrong option; an `Error` if the port or the host cannot be used
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  return openEmulator(options);
}
