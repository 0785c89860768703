import fc from 'fast-check';

// `npm test` tries a few cases of each property, `npm run fuzz` many. It prints its seed: FUZZ_SEED repeats a run.

const cases = wholeNumber('FUZZ_CASES') ?? 200;
const seed = wholeNumber('FUZZ_SEED') ?? Math.floor(Math.random() * 2 ** 31);
const isFuzz = process.env.FUZZ_CASES !== undefined;

/** Milliseconds after which a case counts as hanging. A case takes about one, so a slow machine does not exceed it. */
const CASE_TIMEOUT = 5000;

/** A test that `check` passes for every generated value. */
export function property<T>(
  title: string,
  values: fc.Arbitrary<T>,
  check: (value: T) => Promise<void> | void,
): void {
  it(isFuzz ? `${title} (${cases} cases, seed ${seed})` : title, async function () {
    this.timeout(0);
    const holds = fc.asyncProperty(values, (value) => withoutUnhandled(() => check(value)));
    await fc.assert(holds, { numRuns: cases, seed, timeout: CASE_TIMEOUT });
  });
}

/** Fails if a rejection is not handled, which Mocha would let pass. */
async function withoutUnhandled(run: () => Promise<void> | void): Promise<void> {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    await run();
  } finally {
    process.off('unhandledRejection', note);
  }
  if (unhandled.length > 0) throw new Error('A rejection was not handled', { cause: unhandled[0] });
}

function wholeNumber(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined) return undefined;
  if (!/^-?\d+$/.test(text)) throw new TypeError(`${variable} must be a whole number`);
  return Number(text);
}
