import { subscribe } from 'node:diagnostics_channel';
import { getEventListeners, once, setMaxListeners } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import {
  FreedomIdClient,
  type FreedomIdClientOptions,
  type FreedomIdRequestEvent,
  type FreedomIdTokens,
  revocationHandler,
} from '../../lib';

// What the app of the soak does with tokens once a user is in, until Freedom ID says that they are revoked.

/** What a login has brought. */
export type Tokens = Required<Pick<FreedomIdTokens, 'id' | 'accessToken' | 'refreshToken'>>;

/** How often tokens are refreshed in a session, and by how many callers at once. */
const REFRESHES = 2;
const CALLERS = 5;
/** Far more than faults can hit one session. */
const MAX_FAILURES = 20;

const ENOUGH = new Error('enough');

/** The sessions of the app, from a login to the webhook that ends them. */
export class Sessions {
  readonly count = {
    begun: 0,
    /** Refreshes that were needed, each by several callers or by one who gives up; and requests that were sent for them. */
    refreshes: 0,
    refreshRequests: 0,
    /** Calls that were to be given up, and those that have ended with the reason for it. */
    abandoned: 0,
    givenUp: 0,
    signOuts: 0,
    /** Calls of the webhook: with the id of an open session, or with an unknown one. */
    ended: 0,
    unknown: 0,
    /** Sessions whose last refresh nobody has waited for. The id of its token, if there is one, is not known. */
    uncertain: 0,
    /** Sessions that are open although their user has signed out, or whose callers got different tokens. */
    wrong: 0,
  };

  /** By the id of their token. */
  private readonly open = new Set<string>();

  /** On every call that is not given up, as an app has one for its end. */
  private readonly shutdown = new AbortController().signal;

  private readonly webhook = createServer(revocationHandler((tokenId) => this.end(tokenId)));

  private client: FreedomIdClient | undefined;

  /** @returns where Freedom ID tells of revoked tokens */
  async listen(): Promise<string> {
    // 50 of them at once are no leak.
    setMaxListeners(0, this.shutdown);
    subscribe('passport-freedom-id:request', (event) => {
      if ((event as FreedomIdRequestEvent).method === 'PATCH') this.count.refreshRequests += 1;
    });
    this.webhook.listen(0, '127.0.0.1');
    await once(this.webhook, 'listening');
    return `http://127.0.0.1:${(this.webhook.address() as AddressInfo).port}`;
  }

  connect(options: FreedomIdClientOptions): void {
    this.client = new FreedomIdClient(options);
  }

  close(): void {
    this.webhook.close();
  }

  toString(): string {
    const { begun, refreshes, refreshRequests, givenUp, ended, unknown } = this.count;
    return (
      `${begun} sessions, ${refreshRequests} requests for ${refreshes} refreshes, ${givenUp} calls given up, ` +
      `${ended} sessions ended by the webhook, which named ${unknown} tokens that nobody had waited for`
    );
  }

  /** @returns what has gone wrong, at the end */
  findings(): string[] {
    const { begun, refreshes, refreshRequests, abandoned, givenUp, signOuts, ended } = this.count;
    const { unknown, uncertain, wrong } = this.count;
    const listeners = getEventListeners(this.shutdown, 'abort').length;
    return [
      ...(refreshRequests !== refreshes ? ['a refresh is not one request'] : []),
      ...(givenUp !== abandoned ? ['a call that was given up has ended otherwise'] : []),
      ...(ended + unknown !== signOuts || signOuts !== begun ? ['a sign-out is not one revocation'] : []),
      ...(unknown > uncertain ? ['a revocation names a token that nobody has'] : []),
      ...(wrong > 0 || this.open.size > 0 ? ['a session is not the one that ended'] : []),
      ...(listeners > 0 ? ['listeners stay on a signal'] : []),
      ...(ended === 0 || abandoned === 0 ? ['no session was tried'] : []),
    ];
  }

  /**
   * Lives through a session until its user signs out at Freedom ID.
   *
   * @param isCalm - whether no refresh may fail. Only then all callers may give up a refresh, because nobody would notice its failure
   * @param onFailure - called when a refresh has failed. If it may fail, it is tried again
   */
  async live(
    login: Tokens,
    signOut: () => Promise<void>,
    isCalm: boolean,
    onFailure: (error: unknown) => void,
  ): Promise<void> {
    this.count.begun += 1;
    this.open.add(login.id);
    let tokens = login;
    let failures = 0;
    for (let refresh = 0; refresh < REFRESHES; ) {
      try {
        const next = await this.refreshTogether(tokens.refreshToken);
        this.open.delete(tokens.id);
        this.open.add(next.id);
        tokens = next;
        refresh += 1;
      } catch (error) {
        onFailure(error);
        failures += 1;
        if (isCalm || failures === MAX_FAILURES) break;
      }
    }
    await this.giveUpProfile(tokens.accessToken);
    if (isCalm) await this.giveUpRefresh(tokens.refreshToken);
    this.count.signOuts += 1;
    await signOut();
    // If the last refresh is uncertain, the webhook may name a newer token.
    if (this.open.delete(tokens.id) && !isCalm) this.count.wrong += 1;
  }

  /** If a login fails after it got tokens, these tokens are not known here. */
  async signOutUnknown(signOut: () => Promise<void>): Promise<void> {
    this.count.begun += 1;
    this.count.uncertain += 1;
    this.count.signOuts += 1;
    await signOut();
  }

  private end(tokenId: string): void {
    if (this.open.delete(tokenId)) this.count.ended += 1;
    else this.count.unknown += 1;
  }

  /** One of several callers gives up, and the others do not notice. */
  private async refreshTogether(refreshToken: string): Promise<Tokens> {
    this.count.refreshes += 1;
    const impatient = this.giveUp((signal) => this.client?.refreshTokens(refreshToken, { signal }));
    const options = { signal: this.shutdown };
    const patient = Array.from({ length: CALLERS }, () => this.client?.refreshTokens(refreshToken, options));
    await impatient;
    const [first, ...others] = await Promise.all(patient);
    if (others.some((other) => other !== first)) this.count.wrong += 1;
    return first as Tokens;
  }

  private async giveUpRefresh(refreshToken: string): Promise<void> {
    this.count.refreshes += 1;
    this.count.uncertain += 1;
    await this.giveUp((signal) => this.client?.refreshTokens(refreshToken, { signal }));
  }

  /** Gives up in the pause after the first status. */
  private async giveUpProfile(accessToken: string): Promise<void> {
    const request = await this.client?.requestProfile(accessToken, { signal: this.shutdown });
    await this.giveUp(
      (signal, abort) =>
        this.client?.waitForProfile(accessToken, {
          requestId: request?.requestId,
          signal,
          onStatus: async () => {
            // After the status, in the pause.
            setImmediate().then(abort);
          },
        }),
      'when told',
    );
  }

  /** Makes a call, and gives it up at once, a turn later, or when it says so. */
  private async giveUp(
    call: (signal: AbortSignal, abort: () => void) => Promise<unknown> | undefined,
    when: 'soon' | 'when told' = 'soon',
  ): Promise<void> {
    const controller = new AbortController();
    let isOver = false;
    const abort = () => {
      // In a busy process, the response may have arrived before.
      if (!isOver) this.count.abandoned += 1;
      controller.abort(ENOUGH);
    };
    const end = Promise.resolve(call(controller.signal, abort)).then(
      () => {
        isOver = true;
      },
      (reason: unknown) => {
        isOver = true;
        if (reason === ENOUGH) this.count.givenUp += 1;
      },
    );
    if (when === 'soon') {
      if (Math.random() < 0.5) await setImmediate();
      abort();
    }
    await end;
  }
}
