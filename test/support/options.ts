import type { FreedomIdStrategyOptions } from '../../lib';

export const CLIENT_ID = 'demo';
export const CLIENT_SECRET = 'demo-secret';

/** The least that a strategy needs. Its client is the emulator's default one. */
export const minimalOptions = {
  clientID: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  callbackURL: 'https://app.example/auth/freedom-id/callback',
} satisfies FreedomIdStrategyOptions;
