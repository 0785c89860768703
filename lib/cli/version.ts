import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of this package, from its package.json: as far up from here as from `dist/cli/`. */
export function version(): string {
  const text = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
