import { channel } from 'node:diagnostics_channel';
import { debuglog } from 'node:util';
import { FreedomIdError } from '../errors';
import type { Failure, FailureReason, Leg, Outcome } from './outcome';

/**
 * How one of the two requests of a login ended: the message of the diagnostics channel `passport-freedom-id:login`. It holds no
 * token, no state and nothing about the user. See docs/errors.md.
 */
export interface FreedomIdLoginEvent {
  /** Which request: `start` sends the browser to Freedom ID, `callback` is the way back. */
  leg: Leg;
  /** Which action of Passport ended it. */
  action: Outcome['action'];
  /** Why the login failed. Present if `action` is `fail`. */
  reason?: FailureReason;
  /** The HTTP status of the response to the browser, unless the app redirects or sends its own. Present for a failure and for an error of Freedom ID. */
  status?: number;
  /** The error of Freedom ID. Present if `action` is `error` and Freedom ID is the cause. */
  error?: FreedomIdError;
}

const logins = channel('passport-freedom-id:login');
const debug = debuglog('passport-freedom-id');

const LOST_SESSION =
  'the browser did not send the session cookie (sameSite: "strict", or secure: true over http:), the login began at another host (localhost and 127.0.0.1 are two hosts), or the session is in the memory of another process';

/** What to check where a login failed. */
const CHECKS: Record<FailureReason, string> = {
  cancelled: 'the user refused at Freedom ID; nothing is wrong',
  'code-refused': 'a code can be used once, and only for a short time: was the callback reloaded?',
  'no-pending-login': `the session has no pending login: ${LOST_SESSION}. A reloaded callback ends here, too`,
  'unknown-state': 'the session has pending logins, but not this one: it is too old, used, or forged',
  'malformed-callback': 'the parameters of the callback are not as Freedom ID sends them',
  'no-host': 'the callback URL is relative, and the request names no valid host: give an absolute one',
  'head-request': 'a link preview or a scanner asked for the callback; the login can still be finished',
  verify: 'the verify function gave no user',
};

/** Tells the channel's subscribers and `NODE_DEBUG=passport-freedom-id` how a request of a login ended. */
export function reportLogin(leg: Leg, outcome: Outcome): void {
  if (outcome.action === 'fail' && outcome.reason === 'no-pending-login') warnOnce();
  if (!logins.hasSubscribers && !debug.enabled) return;
  logins.publish({ leg, action: outcome.action, ...factsOf(outcome) } satisfies FreedomIdLoginEvent);
  debug('login, %s: %s', leg, describeOutcome(outcome));
}

function factsOf(outcome: Outcome): Omit<FreedomIdLoginEvent, 'leg' | 'action'> {
  if (outcome.action === 'fail') return { reason: outcome.reason, status: outcome.status ?? 401 };
  // An app's own error may hold personal data.
  if (outcome.action === 'error' && outcome.error instanceof FreedomIdError)
    return { status: outcome.error.status, error: outcome.error };
  return {};
}

/** In words, with what to check. */
export function describeOutcome(outcome: Outcome): string {
  switch (outcome.action) {
    case 'fail':
      return `fail, ${outcome.reason}: ${CHECKS[outcome.reason]}${gaveInstead(outcome)}`;
    case 'error':
      return `error, ${outcome.error instanceof FreedomIdError ? outcome.error.message : 'made by the app, its session store or this host'}`;
    default:
      return outcome.action;
  }
}

function gaveInstead(failure: Failure): string {
  if (!('user' in failure)) return '';
  return failure.user === undefined ? ', but undefined: did it forget to return?' : `, but ${failure.user}`;
}

let hasWarned = false;

/** A developer's first login often ends here, and nothing else says why. */
function warnOnce(): void {
  if (hasWarned || process.env.NODE_ENV === 'production') return;
  hasWarned = true;
  process.emitWarning(
    `A login came back to a session that has no pending login. Usual causes: ${LOST_SESSION}. NODE_DEBUG=passport-freedom-id shows each login.`,
    { type: 'FreedomIdWarning', code: 'FREEDOM_ID_NO_PENDING_LOGIN' },
  );
}
