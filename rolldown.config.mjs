import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'rolldown';

const lib = join(import.meta.dirname, 'lib/');

export default defineConfig({
  // One file for each entry: it loads faster than one for each source.
  input: {
    index: 'lib/index.ts',
    'oidc/index': 'lib/oidc/index.ts',
    'emulator/index': 'lib/emulator/index.ts',
    'cli/index': 'lib/cli/index.ts',
  },
  // What npm installs beside it. jose is put in: it has ES modules alone, which Jest does not load in a CommonJS project.
  external: ['passport-oauth2', 'node-fetch/lib/index.js'],
  platform: 'node',
  transform: { target: 'node20.19' },
  preserveEntrySignatures: 'allow-extension',
  plugins: [{ name: 'licenses', generateBundle: emitLicenses }],
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'cjs',
    exports: 'named',
    esModule: true,
    strict: true,
    // The declarations have them.
    comments: { jsdoc: false },
    // What two entries share is a file of its own, so that a class is the same in both of them.
    codeSplitting: { groups: [{ name: 'core', test: isShared, minShareCount: 2 }] },
    chunkFileNames: '[name].js',
  },
});

/** The emulator shares nothing with what an app loads: it is in a file of its own, which the command loads, too. */
function isShared(id) {
  return id.startsWith(lib) && !id.startsWith(join(lib, 'emulator/'));
}

/** Its license demands that jose's notice goes where its code goes. */
function emitLicenses() {
  const source = readFileSync(join(import.meta.dirname, 'node_modules/jose/LICENSE.md'), 'utf8');
  this.emitFile({ type: 'asset', fileName: 'oidc/jose.LICENSE.md', source });
}
