/** A field of a request that breaks the rules. */
export interface Problem {
  field: string;
  message: string;
  /** As {@link ProtocolError.why}. */
  why: string;
}

/** An error response of the API, in one of Freedom ID's two shapes or in the standard's. */
export class ProtocolError extends Error {
  /** @param why - for whoever watches the emulator: the response's own words do not tell. No secret, token or code is in it */
  constructor(
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
    return new ProtocolError(422, { error: { message: 'Error validating transmitted data.', errors } }, why);
  }

  /** Protocol 4 and 11. */
  static invalidCode(why: string): ProtocolError {
    return new ProtocolError(400, { error: { message: 'Invalid authorization_code.', code: 100101 } }, why);
  }

  /** Undocumented: the error code for a wrong client, so the response has none. */
  static unknownClient(why: string): ProtocolError {
    return new ProtocolError(401, { error: { message: 'Client authentication failed.' } }, why);
  }

  /** Undocumented: the error code for a wrong token, so the response has none. */
  static invalidToken(why: string): ProtocolError {
    return new ProtocolError(401, { error: { message: 'Unauthenticated.' } }, why);
  }

  /** Undocumented: what comes where the person has not shared what the request is about. */
  static notGranted(why: string): ProtocolError {
    return new ProtocolError(403, { error: { message: 'This action is unauthorized.' } }, why);
  }
}
