import { ProtocolError } from './protocol-error';

/** RFC 6749 5.2 and RFC 6750 3, as a standard client expects them. Undocumented: which errors Freedom ID sends. */
const ERRORS = {
  invalid_request: { status: 400, description: 'The request is not complete, or not valid.' },
  invalid_client: {
    status: 401,
    description: 'Client authentication failed.',
    challenge: 'Basic realm="Freedom ID"',
  },
  invalid_grant: { status: 400, description: 'The code or refresh token is not valid.' },
  unsupported_grant_type: { status: 400, description: 'This grant type is not supported.' },
  invalid_token: {
    status: 401,
    description: 'The access token is not valid.',
    challenge: 'Bearer error="invalid_token"',
  },
};

/** @param why - as {@link ProtocolError.why} */
export function openidError(error: keyof typeof ERRORS, why: string): ProtocolError {
  const { status, description, challenge }: { status: number; description: string; challenge?: string } =
    ERRORS[error];
  const headers = challenge === undefined ? {} : { 'www-authenticate': challenge };
  return new ProtocolError(status, { error, error_description: description }, why, headers);
}
