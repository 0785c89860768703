import type { Held } from './ledger';
import { printable, printableURL } from './line';
import { nameOf } from './users';

/** A call to a client's `revokeURI` (protocol 5). It has either `httpStatus` or `error`. */
export interface EmulatorRevocation {
  /** The `revokeURI`. */
  url: string;
  /** The id of the token. */
  id: string;
  /** The HTTP status of the app's answer. Redirects are not followed. */
  httpStatus?: number;
  /** Why no answer came. */
  error?: string;
}

interface RevocationSettings {
  /** Gets a line for each call, safe to print. */
  tell: (line: string) => void;
  /** How long an app may take, in milliseconds. @defaultValue `10000` */
  deadline?: number;
}

const MAX_REVOCATIONS = 10_000;

/** Tells apps of tokens that were revoked (protocol 5). Each call is made once, and is not authenticated. */
export class Revocations {
  /** The calls that have ended. */
  readonly calls: EmulatorRevocation[] = [];

  private readonly closing = new AbortController();

  constructor(private readonly settings: RevocationSettings) {}

  /** Resolves when the app has responded, or when no response can come any more. */
  async send({ client, user, id }: Held): Promise<void> {
    const { clientID, revokeURI: url } = client;
    if (url === undefined) {
      this.tell(`${clientID} has registered no revokeURI, so it is not told that ${nameOf(user)} signs out`);
      return;
    }
    const outcome = await this.post(url, id).then(
      (httpStatus) => ({ httpStatus }),
      (reason: Error) => ({ error: whyNot(reason) }),
    );
    this.calls.push({ url, id, ...outcome });
    if (this.calls.length > MAX_REVOCATIONS) this.calls.shift();
    const answer =
      'error' in outcome ? `there is no answer: ${outcome.error}` : `it answers ${outcome.httpStatus}`;
    this.tell(`${clientID} is told at ${printableURL(url)} that ${nameOf(user)} signs out; ${answer}`);
  }

  /** Ends the calls that are under way. */
  close(): void {
    this.closing.abort(new Error('the emulator was closed'));
  }

  /** @returns the HTTP status */
  private async post(url: string, id: string): Promise<number> {
    const { deadline = 10_000 } = this.settings;
    const call = new AbortController();
    const late = new Error(`it takes longer than ${deadline} ms`);
    const timer = setTimeout(() => call.abort(late), deadline);
    try {
      const { status } = await fetch(url, {
        method: 'POST',
        // The app may have closed a kept connection meanwhile, and the call is made only once.
        headers: { 'content-type': 'application/json', connection: 'close' },
        body: JSON.stringify({ id }),
        redirect: 'manual',
        signal: AbortSignal.any([call.signal, this.closing.signal]),
      });
      return status;
    } finally {
      clearTimeout(timer);
      // What the app may send after its headers is not read.
      call.abort();
    }
  }

  private tell(line: string): void {
    this.settings.tell(printable(line, 600));
  }
}

/** `fetch` hides the reason in the cause. */
function whyNot(error: Error): string {
  const { code, message } = (error.cause ?? error) as NodeJS.ErrnoException;
  return code ?? message;
}
