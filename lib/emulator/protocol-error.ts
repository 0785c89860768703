/** An error response, in one of Freedom ID's two error shapes. */
export class ProtocolError extends Error {
  constructor(
    readonly status: number,
    readonly body: { error: { message: string; code?: number; errors?: Record<string, string[]> } },
  ) {
    super(body.error.message);
  }

  /** Protocol 2 and 11: messages by the path of the field. */
  static validation(errors: Record<string, string[]>): ProtocolError {
    return new ProtocolError(422, { error: { message: 'Error validating transmitted data.', errors } });
  }

  /** Protocol 4 and 11. */
  static invalidCode(): ProtocolError {
    return new ProtocolError(400, { error: { message: 'Invalid authorization_code.', code: 100101 } });
  }

  /** Undocumented: the error code for a wrong client or token, so the response has none. */
  static unauthenticated(message: string): ProtocolError {
    return new ProtocolError(401, { error: { message } });
  }
}
