import { FreedomIdError } from '../errors';

/** Sent by a gateway in front of a provider that is down. */
const GATEWAY_STATUSES = [502, 503, 504];

/** Whether the provider itself has refused. It may answer a mistake with a server error, too. */
export function isRefusal(error: unknown): error is FreedomIdError & { readonly httpStatus: number } {
  if (!(error instanceof FreedomIdError)) return false;
  const { code, httpStatus = 0 } = error;
  if (code === 'ERR_FREEDOM_ID_REJECTED') return true;
  return httpStatus >= 500 && httpStatus <= 599 && !GATEWAY_STATUSES.includes(httpStatus);
}
