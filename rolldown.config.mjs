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
    // What two entries share is a file of its own, so that a class is the same in both of them. The command shares each flow and
    // the emulator with an entry: these are in files of their own, because no app needs them all.
    codeSplitting: {
      groups: ['core', 'oauth', 'oidc', 'emulator'].map((name) => ({
        name,
        test: (id) => fileOf(id) === name,
        minShareCount: 2,
      })),
    },
    chunkFileNames: '[name].js',
  },
});

/** @returns the name of the file where a module belongs that two entries share */
function fileOf(id) {
  const [, room] = /^(oauth|oidc|emulator)\//.exec(id.replace(lib, '')) ?? [];
  if (room) return room;
  return id.startsWith(lib) ? 'core' : 'oidc';
}

/** Its license demands that jose's notice goes where its code goes. */
function emitLicenses() {
  const source = readFileSync(join(import.meta.dirname, 'node_modules/jose/LICENSE.md'), 'utf8');
  this.emitFile({ type: 'asset', fileName: 'oidc/jose.LICENSE.md', source });
}
