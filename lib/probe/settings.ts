import type { Discretion } from './discretion';
import type { Logins } from './logins';

/** What every step works with. */
export interface StepSettings {
  clientID: string;
  clientSecret: string;
  /** Without a slash at its end. */
  baseURL: string;
  /** Of one exchange, in milliseconds. */
  timeout: number;
  /** Absolute. */
  callbackURL: string;
  logins: Logins;
  discretion: Discretion;
  /** Gets a line for each step that begins. */
  tell(line: string): void;
  signal: AbortSignal;
}
