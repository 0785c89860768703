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
 * Starts a Freedom ID to develop and test against, on 127.0.0.1 unless told otherwise. It is not safe for anything else,
 * and refuses to start under `NODE_ENV=production`.
 *
 * @throws `TypeError` that names the option; `Error` where the port or the host cannot be used
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  return openEmulator(options);
}
