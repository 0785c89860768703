import { dirname } from 'node:path';

/** The folder of this package: where its compiled code is found by its own name. */
export const root = dirname(require.resolve('passport-freedom-id/package.json'));
