import { isAbsolute, join } from 'node:path';
import { defineConfig } from 'rolldown';

const lib = join(import.meta.dirname, 'lib/');

export default defineConfig({
  // One file for each entry: it loads faster than one for each source.
  input: {
    index: 'lib/index.ts',
    'emulator/index': 'lib/emulator/index.ts',
    'cli/index': 'lib/cli/index.ts',
  },
  // Dependencies and Node.js' own modules.
  external: (id) => !id.startsWith('.') && !isAbsolute(id),
  platform: 'node',
  transform: { target: 'node20.19' },
  preserveEntrySignatures: 'allow-extension',
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
