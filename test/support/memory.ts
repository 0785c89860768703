import { FreedomIdStrategy } from '../../lib';
import { memoryProvider } from './memory-provider';
import { minimalOptions } from './options';

// Run by itself, with --expose-gc: prints how many bytes of heap a login leaves behind.

const strategy = new FreedomIdStrategy(
  { ...minimalOptions, fetch: memoryProvider() },
  async (_access, _refresh, profile) => profile,
);

function run(req: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const copy = Object.create(strategy);
    Object.assign(copy, {
      redirect: () => resolve('redirect'),
      success: () => resolve('success'),
      fail: reject,
      error: reject,
    });
    copy.authenticate(req);
  });
}

async function logIn(): Promise<void> {
  const session: { 'freedom-id'?: Record<string, [string][]> } = {};
  await run({ url: '/login', session });
  const state = session['freedom-id']?.demo?.[0]?.[0];
  await run({ url: `/cb?state=${state}&authorization_code=C`, session });
}

async function heapAfter(logins: number): Promise<number> {
  for (let login = 0; login < logins; login += 1) await logIn();
  for (let pass = 0; pass < 3; pass += 1) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function main(): Promise<void> {
  const early = await heapAfter(20_000);
  const late = await heapAfter(80_000);
  console.log(JSON.stringify({ logins: 100_000, bytesPerLogin: (late - early) / 80_000 }));
}

void main();
