/** A JSON object: neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @returns undefined where the text is not a JSON object, or is nested too deep */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) && isShallow(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** @throws `TypeError` if JSON cannot express the value. @returns undefined for a value that JSON leaves out, such as a function */
export function copyJSON(value: unknown, what: string): unknown {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new TypeError(`passport-freedom-id: ${what} must be JSON`, { cause });
  }
  return text === undefined ? undefined : JSON.parse(text);
}

/**
 * Far deeper than any response of Freedom ID. Deeper nesting can be parsed, but a session store that turns it into JSON
 * again overflows the stack, and the browser never gets a response.
 */
const MAX_DEPTH = 100;

function isShallow(value: unknown, depth = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isShallow(member, depth - 1));
}
