// Preloaded by scripts/test-nodes.ts into every process: writes down each warning, and which file it comes from.
const { appendFileSync } = require('node:fs');

// To load a module takes Node.js more frames than the ten that it would keep.
Error.stackTraceLimit = 50;

process.on('warning', ({ name, code, message, stack = '' }) => {
  const files = stack.match(/(?<=\(|at |file:\/\/)\/[^\n]+?(?=:\d+:\d+\)?$)/gm) ?? [];
  // tsx stands between this repository's modules and Node.js.
  const origin = files.find((file) => !file.includes('/node_modules/tsx/')) ?? 'unknown';
  appendFileSync(process.env.WARNINGS_FILE, `${JSON.stringify({ name, code, message, origin, stack })}\n`);
});
