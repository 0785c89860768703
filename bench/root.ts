import { dirname } from 'node:path';

/** The folder of this package. It is found by name, because this file is compiled into another folder. */
export const root = dirname(require.resolve('passport-freedom-id/package.json'));
