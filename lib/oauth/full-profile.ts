import type { ExchangeResponse } from '../http/exchange';
import { isObject } from '../http/json';
import type { WithSignal } from '../http/until-aborted';
import { compact, readText } from '../profile';
import { isText } from '../require-that';
import { readDate } from './date';

/** The options of {@link FreedomIdClient.requestProfile}. */
export interface ProfileRequestOptions extends WithSignal {
  /** The id of the request, a UUID. @defaultValue a new one */
  requestId?: string | undefined;
}

/** Freedom ID's answer to the request for a full profile (protocol 8, documented). */
export interface FreedomIdProfileRequest {
  /** The id of the request, a UUID: ask for its status with it. */
  requestId: string;
  /** Any status that this package does not know is `pending`; the original is in `raw`. */
  status: 'accepted' | 'rejected' | 'pending';
  /** Freedom ID's own message, at most 200 characters. */
  statusMessage?: string;
  /** The user's id. */
  freedomId?: string;
  /** The whole response, parsed. */
  raw: Record<string, unknown>;
}

/** The status of a full profile (protocol 8, documented). */
export interface FreedomIdProfileStatus {
  /** The id of the request. */
  requestId: string;
  /**
   * Freedom ID keeps `pending` for 24 hours, `completed` and `failed` for one hour; then it answers `not_found`. Any status that this
   * package does not know is `pending`; the original is in `raw`.
   */
  status: 'pending' | 'completed' | 'failed' | 'rejected' | 'not_found';
  /** Freedom ID's own message, at most 200 characters. */
  statusMessage?: string;
  /** The user's id. */
  freedomId?: string;
  /** The profile as Freedom ID sent it, currently `{ payload }`, encrypted in an undocumented way. Present if `completed`. Personal data: do not log it. */
  profile?: Record<string, unknown>;
  /** The time of the status, by Freedom ID. */
  datetime?: Date;
  /** The whole response, parsed. It holds the profile: do not log it. */
  raw: Record<string, unknown>;
}

type ProfileResponse = Pick<ExchangeResponse, 'json' | 'clean'>;

/** @returns undefined where the response tells no status */
export function readProfileRequest(
  response: ProfileResponse,
  requestId: string,
): FreedomIdProfileRequest | undefined {
  const { status } = response.json;
  if (!isText(status)) return undefined;
  const known = status === 'accepted' || status === 'rejected' ? status : 'pending';
  return compact({ requestId, status: known, ...commonIn(response), raw: response.json });
}

const FINAL = ['completed', 'failed', 'rejected', 'not_found'] as const;

/** @returns undefined where the response tells no status */
export function readProfileStatus(
  response: ProfileResponse,
  requestId: string,
): FreedomIdProfileStatus | undefined {
  const { status, profile, datetime } = response.json;
  if (!isText(status)) return undefined;
  return compact({
    requestId,
    status: FINAL.find((known) => known === status) ?? 'pending',
    ...commonIn(response),
    profile: isObject(profile) ? profile : undefined,
    datetime: readDate(datetime),
    raw: response.json,
  });
}

function commonIn({ json, clean }: ProfileResponse) {
  const message = readText(json.status_message);
  return {
    statusMessage: message && (clean(message) || undefined),
    freedomId: readText(json.freedom_id),
  };
}
