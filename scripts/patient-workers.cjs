// For `npm run coverage`: Mocha gives a worker that has done its work one second to end, and writing its coverage takes longer.
const workerpool = require('workerpool');

const { pool } = workerpool;
workerpool.pool = (script, options) => pool(script, { ...options, workerTerminateTimeout: 60_000 });
