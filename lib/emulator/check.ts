import { shown } from './line';

/** Refuses a misspelt name, which would do nothing. @throws `TypeError` that names it, and the names that exist */
export function requireMembers(what: string, value: object, known: readonly string[]): void {
  if (!isObject(value)) {
    throw new TypeError(`${what}: the options must be an object, but are ${shown(value)}`);
  }
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${what}: there is no option ${shown(unknown)}, only ${known.join(', ')}`);
  }
}

/** Checks an option of `startEmulator`. */
export function requireThat(condition: boolean, message: string): asserts condition {
  if (!condition) throw new TypeError(`startEmulator: ${message}`);
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
