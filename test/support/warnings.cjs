// Preloaded by scripts/test-nodes.ts into every process: writes down each warning, and which file it comes from.
const { appendFileSync } = require('node:fs');

// Loading a module takes more than the ten frames that a stack keeps by default.
Error.stackTraceLimit = 50;

process.on('warning', ({ name, code, message, stack = '' }) => {
  const files = stack.match(/(?<=\(|at |file:\/\/)\/[^\n]+?(?=:\d+:\d+\)?$)/gm) ?? [];
  // Frames of tsx stand between those of this repository's modules and of Node.js.
  const origin = files.find((file) => !file.includes('/node_modules/tsx/')) ?? 'unknown';
  appendFileSync(process.env.WARNINGS_FILE, `${JSON.stringify({ name, code, message, origin, stack })}\n`);
});
