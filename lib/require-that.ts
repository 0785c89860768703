/** @throws `TypeError`: `passport-freedom-id: <option> must be <shape>` */
export function requireThat(condition: boolean, option: string, shape: string): asserts condition {
  if (!condition) throw new TypeError(`passport-freedom-id: ${option} must be ${shape}`);
}

/** A string with more than white space in it. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}
