// `npm run fuzz`: FUZZ_CASES and FUZZ_SEED change how many cases it tries, and which.
process.env.FUZZ_CASES ??= '10000';

module.exports = {
  spec: ['test/fuzz/*.test.ts'],
  'node-option': ['import=tsx'],
  forbidOnly: true,
  failZero: true,
};
