import { type ErrorKind, ProtocolError } from './protocol-error';

type ErrorName =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unsupported_grant_type'
  | 'invalid_token';

interface StandardError {
  kind: ErrorKind;
  status: number;
  description: string;
  challenge?: string;
}

/** RFC 6749 5.2 and RFC 6750 3, as a standard client expects them. Undocumented: which errors Freedom ID sends. */
const ERRORS: Record<ErrorName, StandardError> = {
  invalid_request: {
    kind: 'validation',
    status: 400,
    description: 'The request is not complete, or not valid.',
  },
  invalid_client: {
    kind: 'client',
    status: 401,
    description: 'Client authentication failed.',
    challenge: 'Basic realm="Freedom ID"',
  },
  invalid_grant: { kind: 'code', status: 400, description: 'The code or refresh token is not valid.' },
  unsupported_grant_type: {
    kind: 'validation',
    status: 400,
    description: 'This grant type is not supported.',
  },
  invalid_token: {
    kind: 'token',
    status: 401,
    description: 'The access token is not valid.',
    challenge: 'Bearer error="invalid_token"',
  },
};

/**
 * @param why - as {@link ProtocolError.why}
 * @param kind - if it is not the usual one
 */
export function openidError(error: ErrorName, why: string, kind = ERRORS[error].kind): ProtocolError {
  const { status, description, challenge } = ERRORS[error];
  const headers = challenge === undefined ? {} : { 'www-authenticate': challenge };
  return new ProtocolError(kind, status, { error, error_description: description }, why, headers);
}
