import { FreedomIdError } from '../errors';

/** Why a question has no answer: the message is its evidence. */
export class Unanswered extends Error {
  /** @param advice - what the person can correct, as a sentence */
  constructor(
    message: string,
    readonly advice?: string,
  ) {
    super(message);
  }
}

export const CLIENT_REFUSED = new Unanswered(
  'the client id or its secret is refused',
  'Freedom ID refuses the client: check --client and FREEDOM_ID_CLIENT_SECRET.',
);

export const CALLBACK_REFUSED = new Unanswered(
  'the callback URL is refused, even without a state',
  'Freedom ID refuses the callback URL: have it registered, or give a registered one as --callback.',
);

/** Whether the provider could not be reached. */
export function isUnreachable(error: unknown): error is FreedomIdError {
  return error instanceof FreedomIdError && error.code === 'ERR_FREEDOM_ID_NETWORK';
}

/** @returns what the person can correct, if that is known */
export function adviceOn(error: unknown): string | undefined {
  if (error instanceof Unanswered) return error.advice;
  return isUnreachable(error) ? 'Freedom ID was not reached: check --url and the network.' : undefined;
}
