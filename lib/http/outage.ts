import { FreedomIdError } from '../errors';
import { BodyRefused } from './network-error';
import { isBusy } from './response';

/** Whether the error says nothing about the request itself, which may succeed later. */
export function isOutage(error: unknown): error is FreedomIdError {
  if (!(error instanceof FreedomIdError)) return false;
  const { code, cause, httpStatus = 0 } = error;
  if (code === 'ERR_FREEDOM_ID_TIMEOUT') return true;
  if (code === 'ERR_FREEDOM_ID_NETWORK') return !(cause instanceof BodyRefused);
  return code === 'ERR_FREEDOM_ID_RESPONSE' && isBusy(httpStatus);
}
