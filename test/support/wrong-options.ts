import { inspect } from 'node:util';
import { expect } from 'chai';
import { FreedomIdStrategy, type FreedomIdStrategyOptions } from '../../lib';
import { minimalOptions } from './options';

/** Constructs a strategy with options that TypeScript would not accept. */
export function construct(options: unknown, verify: unknown = async () => false): FreedomIdStrategy {
  return new FreedomIdStrategy(
    options as FreedomIdStrategyOptions & { passReqToCallback: false },
    verify as () => Promise<false>,
  );
}

/**
 * Adds a test for each option: every wrong value is a `TypeError` that names the option, and says what it must be and what it is.
 *
 * @param wrong - by option, and by what the option must be: values that are not
 * @param make - what is given the options
 */
export function testWrongOptions(
  wrong: Record<string, Record<string, unknown[]>>,
  make: (options: object) => unknown = construct,
): void {
  for (const [option, shapes] of Object.entries(wrong)) {
    it(`reject a wrong ${option}, and say what it must be`, () => {
      for (const [shape, values] of Object.entries(shapes)) {
        for (const value of values) {
          expect(() => make({ ...minimalOptions, [option]: value }), inspect(value))
            .to.throw(TypeError)
            .with.property('message')
            .that.satisfies(
              (text: string) =>
                text.startsWith(`passport-freedom-id: ${option} must be ${shape}, but is `) &&
                text.endsWith(', but is undefined') === (value === undefined),
            );
        }
      }
    });
  }
}
