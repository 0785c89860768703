import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './documents';

/**
 * Runs snippets of a page as if they stood in one file.
 *
 * @param given - the values of the names that they leave open
 * @param wanted - the names whose values are returned
 */
export async function runSnippets(
  codes: string[],
  given: Record<string, unknown>,
  wanted: string[] = [],
): Promise<Record<string, unknown>> {
  const code = codes.join('\n');
  const imports = code.match(/^import [^;]*;$/gm) ?? [];
  const body = code
    .replaceAll(/^import [^;]*;$/gm, '')
    .replaceAll(/^declare module .*?^}$/gms, '')
    .replaceAll(/^export /gm, '');
  // Inside the repository, where code may import the package by its name.
  const folder = join(root, 'test', '.snippets');
  const file = join(folder, `${randomUUID()}.mts`);
  mkdirSync(folder, { recursive: true });
  const parameters = `{ ${Object.keys(given).join(', ')} }`;
  writeFileSync(
    file,
    `${imports.join('\n')}\nexport async function run(${parameters}) {\n${body}\nreturn { ${wanted.join(', ')} };\n}\n`,
  );
  try {
    const { run } = await import(file);
    return await run(given);
  } finally {
    rmSync(file);
  }
}
