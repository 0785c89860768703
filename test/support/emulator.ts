import { type Emulator, type EmulatorOptions, startEmulator } from '../../lib/emulator/index';

/** Starts an emulator for the tests of a `describe` block. Its members are there once a test runs. */
export function useEmulator(options: EmulatorOptions = {}): Emulator {
  const emulator = {} as Emulator;
  before(async () => {
    Object.assign(emulator, await startEmulator(options));
  });
  afterEach(() => {
    emulator.clearFaults();
    emulator.requests.length = 0;
    emulator.revocations.length = 0;
  });
  after(() => emulator.close());
  return emulator;
}
