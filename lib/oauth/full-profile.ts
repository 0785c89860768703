import type { ExchangeResponse } from '../http/exchange';
import { isObject } from '../http/json';
import type { WithSignal } from '../http/until-aborted';
import { compact, readText } from '../profile';
import { isText } from '../require-that';
import { readDate } from './date';

/** How to ask for a full profile. */
export interface ProfileRequestOptions extends WithSignal {
  /** Names the request: a UUID. @defaultValue a new one */
  requestId?: string | undefined;
}

/** Freedom ID's answer to a request for the full profile (protocol 8, documented). */
export interface FreedomIdProfileRequest {
  /** Names the request when its status is asked for. */
  requestId: string;
  /** A status that is not known here counts as pending; it is in `raw`. */
  status: 'accepted' | 'rejected' | 'pending';
  /** Freedom ID's own words, cut to 200 characters. */
  statusMessage?: string;
  /** The user's id. */
  freedomId?: string;
  /** The whole response, parsed. */
  raw: Record<string, unknown>;
}

/** How far Freedom ID has come with the full profile (protocol 8, documented). */
export interface FreedomIdProfileStatus {
  requestId: string;
  /**
   * `pending` is kept for 24 hours, `completed` and `failed` for an hour; from then on it is `not_found`. A status that is not
   * known here counts as pending; it is in `raw`.
   */
  status: 'pending' | 'completed' | 'failed' | 'rejected' | 'not_found';
  /** Freedom ID's own words, cut to 200 characters. */
  statusMessage?: string;
  /** The user's id. */
  freedomId?: string;
  /** Once completed, as it came, lately `{ payload }`: how it is encrypted is not documented. Personal data: do not log it. */
  profile?: Record<string, unknown>;
  /** When Freedom ID has said so. */
  datetime?: Date;
  /** The whole response, parsed. It holds the profile: do not log it. */
  raw: Record<string, unknown>;
}

type Answer = Pick<ExchangeResponse, 'json' | 'clean'>;

/** @returns undefined where the response tells no status */
export function readProfileRequest(answer: Answer, requestId: string): FreedomIdProfileRequest | undefined {
  const { status } = answer.json;
  if (!isText(status)) return undefined;
  const known = status === 'accepted' || status === 'rejected' ? status : 'pending';
  return compact({ requestId, status: known, ...commonIn(answer), raw: answer.json });
}

const FINAL = ['completed', 'failed', 'rejected', 'not_found'] as const;

/** @returns undefined where the response tells no status */
export function readProfileStatus(answer: Answer, requestId: string): FreedomIdProfileStatus | undefined {
  const { status, profile, datetime } = answer.json;
  if (!isText(status)) return undefined;
  return compact({
    requestId,
    status: FINAL.find((known) => known === status) ?? 'pending',
    ...commonIn(answer),
    profile: isObject(profile) ? profile : undefined,
    datetime: readDate(datetime),
    raw: answer.json,
  });
}

function commonIn({ json, clean }: Answer) {
  const message = readText(json.status_message);
  return {
    statusMessage: message && (clean(message) || undefined),
    freedomId: readText(json.freedom_id),
  };
}
