import { defineConfig } from 'rolldown';

export default defineConfig({
  // One file for each entry: it loads faster than one for each source.
  input: {
    index: 'lib/index.ts',
    'emulator/index': 'lib/emulator/index.ts',
    'cli/index': 'lib/cli/index.ts',
  },
  // Dependencies and Node.js' own modules.
  external: /^[^./]/,
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'cjs',
    exports: 'named',
    strict: true,
    // What two entries share is a file of its own, so that a class is the same in both of them.
    codeSplitting: { groups: [{ name: 'core', test: /\/lib\/(?!emulator\/)/, minShareCount: 2 }] },
    chunkFileNames: '[name].js',
  },
});
