import { type FreedomIdEndpoint, FreedomIdError, type FreedomIdErrorCode } from '../errors';
import { requireTimeout } from '../http/options';
import { isOutage } from '../http/outage';
import { sentence } from '../http/response';
import { onAbort, requireSignal, untilAborted, type WithSignal } from '../http/until-aborted';
import { requireThat } from '../require-that';
import type { FreedomIdProfileRequest, FreedomIdProfileStatus, ProfileRequestOptions } from './full-profile';

/** The options of {@link FreedomIdClient.waitForProfile}. */
export interface WaitForProfileOptions extends WithSignal {
  /** The id of an earlier request, to wait for that one. @defaultValue a new request is sent */
  requestId?: string | undefined;
  /** Milliseconds for the whole wait. @defaultValue `120000` */
  timeout?: number | undefined;
  /** Called with each status. If it returns a promise, that is awaited. If it throws or rejects, the wait ends with that error. */
  onStatus?: ((status: FreedomIdProfileStatus) => unknown) | undefined;
}

/** The two methods of the client that it calls. */
interface Client {
  requestProfile(accessToken: string, options: ProfileRequestOptions): Promise<FreedomIdProfileRequest>;
  getProfileStatus(
    accessToken: string,
    requestId: string,
    options: WithSignal,
  ): Promise<FreedomIdProfileStatus>;
}

/** Milliseconds. */
const TIMEOUT = 120_000;
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 10_000;

/** Does what `FreedomIdClient.waitForProfile` describes. */
export async function waitForProfile(
  client: Client,
  accessToken: string,
  options: WaitForProfileOptions,
): Promise<FreedomIdProfileStatus> {
  const { requestId: known, timeout = TIMEOUT, signal: callers, onStatus } = { ...options };
  requireTimeout(timeout);
  requireThat(onStatus === undefined || typeof onStatus === 'function', 'onStatus', 'a function', onStatus);
  requireSignal(callers);
  callers?.throwIfAborted();

  let last: FreedomIdProfileStatus | FreedomIdError | undefined;
  const controller = new AbortController();
  const { signal } = controller;
  const deadline = setTimeout(() => controller.abort(tooLate(timeout, last)), timeout);
  const stopWaiting = callers && onAbort(callers, () => controller.abort(callers.reason));
  try {
    const requestId = known === undefined ? await request(client, accessToken, signal) : known;
    // A profile that was requested just now takes a while.
    if (known === undefined) await sleep(FIRST_PAUSE, signal);
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      last = await ask(client, accessToken, requestId, signal);
      if (last instanceof FreedomIdError) {
        const { retryAfter = 0 } = last;
        await sleep(Math.max(pause, retryAfter * 1000), signal);
        continue;
      }
      await untilAborted(Promise.resolve(onStatus?.(last)), signal);
      if (last.status === 'completed') return last;
      if (last.status !== 'pending') throw refused('profile-status', last);
      await sleep(pause, signal);
    }
  } finally {
    clearTimeout(deadline);
    stopWaiting?.();
  }
}

async function request(client: Client, accessToken: string, signal: AbortSignal): Promise<string> {
  const requested = await client.requestProfile(accessToken, { signal });
  if (requested.status === 'rejected') throw refused('get-profile', requested);
  return requested.requestId;
}

/** @returns the status, or why Freedom ID cannot tell it just now */
async function ask(
  client: Client,
  accessToken: string,
  requestId: string,
  signal: AbortSignal,
): Promise<FreedomIdProfileStatus | FreedomIdError> {
  try {
    return await client.getProfileStatus(accessToken, requestId, { signal });
  } catch (error) {
    if (isOutage(error)) return error;
    throw error;
  }
}

/** @throws the signal's reason as soon as it aborts */
async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    await untilAborted(over, signal);
  } finally {
    clearTimeout(timer);
  }
}

function refused(
  endpoint: FreedomIdEndpoint,
  { status, statusMessage }: { status: string; statusMessage?: string },
): FreedomIdError {
  const words = statusMessage ? `, "${statusMessage}"` : '';
  const advice =
    status === 'not_found'
      ? 'It is kept for 24 hours while pending, then for one hour, and only the same user and app may see it; request it again'
      : 'Request it again, or let the user log in again';
  const found = sentence(`the full profile has the status ${status}${words}`);
  return failure('ERR_FREEDOM_ID_REJECTED', endpoint, `${found} ${advice}.`, { providerCode: status });
}

function tooLate(timeout: number, last: FreedomIdProfileStatus | FreedomIdError | undefined): FreedomIdError {
  const cause = last instanceof FreedomIdError ? last : undefined;
  return failure(
    'ERR_FREEDOM_ID_TIMEOUT',
    'profile-status',
    `the full profile was not ready within ${timeout} ms; ${lastResult(last)}. Raise timeout, or wait again with the requestId that requestProfile gives.`,
    { cause },
  );
}

function lastResult(last: FreedomIdProfileStatus | FreedomIdError | undefined): string {
  if (last instanceof FreedomIdError) return 'the last request for its status failed';
  return last ? `its last status was ${last.status}` : 'its status is not known yet';
}

function failure(
  code: FreedomIdErrorCode,
  endpoint: FreedomIdEndpoint,
  message: string,
  details: { providerCode?: string; cause?: FreedomIdError | undefined },
): FreedomIdError {
  return new FreedomIdError(`Freedom ID ${endpoint}: ${message}`, { code, endpoint, ...details });
}
