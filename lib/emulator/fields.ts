import { type Problem, ProtocolError } from './protocol-error';

/** What a field of a JSON request must be. */
export interface Rule {
  fits(value: string): boolean;
  /** The end of a sentence that begins with the field, as the API says it. */
  message: string;
  /** The end of a sentence that begins with "must be", for the emulator's output. */
  shape: string;
}

export const text: Rule = { fits: () => true, message: 'must be a string.', shape: 'a string' };

export const uuid: Rule = {
  fits: (value) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(value),
  message: 'must be a valid UUID.',
  shape: 'a UUID',
};

export const email: Rule = {
  fits: (value) => /^[^\s@]+@[^\s@]+$/.test(value),
  message: 'must be a valid email address.',
  shape: 'an e-mail address',
};

export const date: Rule = {
  fits: isDate,
  message: 'does not match the format Y-m-d.',
  shape: 'a date, YYYY-MM-DD',
};

/** ISO 8601 with a time zone: without one, the time would not be certain. */
export const instant: Rule = {
  fits: (value) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) &&
    isDate(value.slice(0, 10)) &&
    !Number.isNaN(Date.parse(value)),
  message: 'is not a valid date.',
  shape: 'an ISO 8601 date with time and time zone',
};

export function pattern(regExp: RegExp, shape: string): Rule {
  return { fits: (value) => regExp.test(value), message: 'format is invalid.', shape };
}

/** @returns what is wrong with the fields of a request; those without a rule may be anything */
export function fieldProblems(
  request: Record<string, unknown>,
  rules: Record<string, Rule>,
  required: readonly string[],
): Problem[] {
  return Object.entries(rules).flatMap(([field, { fits, message, shape }]) => {
    const { [field]: value } = request;
    const name = field.replaceAll('_', ' ');
    if (required.includes(field) && (value === undefined || value === null || value === '')) {
      return [{ field, message: `The ${name} field is required.`, why: `no ${field} is in the JSON body` }];
    }
    if (value === undefined || (typeof value === 'string' && fits(value))) return [];
    return [{ field, message: `The ${name} ${message}`, why: `${field} must be ${shape}` }];
  });
}

/** Fields that a request must have. @throws ProtocolError that names each one that is wrong */
export function readFields<Name extends string>(
  request: Record<string, unknown>,
  rules: Record<Name, Rule>,
): Record<Name, string> {
  refuseProblems(fieldProblems(request, rules, Object.keys(rules)));
  return request as Record<Name, string>;
}

/** @throws ProtocolError if there are any */
export function refuseProblems(problems: Problem[]): void {
  if (problems.length > 0) throw ProtocolError.validation(problems);
}

function isDate(value: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(value)) return false;
  const time = Date.parse(value);
  // The 30th of February would be a day in March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}
