/** A field of a request that breaks the rules. */
export interface Problem {
  field: string;
  message: string;
  /** As {@link ProtocolError.why}. */
  why: string;
}

/** What an error is about. The HTTP status depends on it. */
export type ErrorKind = 'validation' | 'client' | 'code' | 'token';

/** Protocol 2, 4 and 11, where they say so. */
export const ERROR_STATUSES: Readonly<Record<ErrorKind, number>> = {
  validation: 422,
  client: 401,
  code: 400,
  token: 401,
};

/** An error response of the API, in one of Freedom ID's two shapes or in the standard's. */
export class ProtocolError extends Error {
  /** @param why - the reason, for the emulator's output: the response does not tell it. It holds no secret, token or code */
  constructor(
    readonly kind: ErrorKind,
    /** The behaviour `errorStatus` may replace it. */
    readonly status: number,
    readonly body: object,
    readonly why: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(why);
  }

  /** Protocol 2 and 11: messages by the path of the field. */
  static validation(problems: Problem[]): ProtocolError {
    const errors = Object.fromEntries(problems.map(({ field, message }) => [field, [message]]));
    const why = problems.map((problem) => problem.why).join('; ');
    return ownError('validation', { message: 'Error validating transmitted data.', errors }, why);
  }

  /** Protocol 4 and 11. */
  static invalidCode(why: string): ProtocolError {
    return ownError('code', { message: 'Invalid authorization_code.', code: 100101 }, why);
  }

  /** Undocumented: the error code for a wrong client, so the response has none. */
  static unknownClient(why: string): ProtocolError {
    return ownError('client', { message: 'Client authentication failed.' }, why);
  }

  /** Undocumented: the error code for a wrong token, so the response has none. */
  static invalidToken(why: string): ProtocolError {
    return ownError('token', { message: 'Unauthenticated.' }, why);
  }

  /** Undocumented: the response if the user has not shared what the request is about. */
  static notGranted(why: string): ProtocolError {
    return ownError('token', { message: 'This action is unauthorized.' }, why, 403);
  }
}

/** In Freedom ID's own shape. */
function ownError(kind: ErrorKind, error: object, why: string, status = ERROR_STATUSES[kind]): ProtocolError {
  return new ProtocolError(kind, status, { error }, why);
}
