import { FreedomIdError } from '../errors';

/** Of whoever stands before a provider that is down. */
const GATEWAY_STATUSES = [502, 503, 504];

/** Whether the provider itself has said no. A mistake may well be answered by a server error. */
export function isRefusal(error: unknown): error is FreedomIdError & { readonly httpStatus: number } {
  if (!(error instanceof FreedomIdError)) return false;
  const { code, httpStatus = 0 } = error;
  if (code === 'ERR_FREEDOM_ID_REJECTED') return true;
  return httpStatus >= 500 && httpStatus <= 599 && !GATEWAY_STATUSES.includes(httpStatus);
}
