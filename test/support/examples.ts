import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './documents';

/** The name of every example. */
export const examples = readdirSync(join(root, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();
