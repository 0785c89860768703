import { getEventListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { type FetchFunction, type FetchResponse, FreedomIdClient, FreedomIdError } from '../../lib';
import { minimalOptions } from '../support/options';
import { property } from '../support/property';

const TOKENS = ['refresh-token-1', 'refresh-token-2'] as const;

/** More turns of the event loop than a response takes to reach all callers that wait for it. */
const ENOUGH = 8;

const runs = fc.record({
  callers: fc.array(
    fc.record({
      token: fc.constantFrom(...TOKENS),
      signal: fc.constantFrom('none', 'quiet', 'aborts'),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  /** For one request after the other: whether Freedom ID gives new tokens or rejects it. */
  gives: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
  /** Whether the function fetch respects its signal. A request is given up in any case. */
  heeds: fc.boolean(),
  /** In turn, how many turns of the event loop pass after an event. */
  turns: fc.array(fc.oneof(fc.constant(ENOUGH), fc.nat(ENOUGH)), { minLength: 1, maxLength: 8 }),
  scheduler: fc.scheduler(),
});

type Run = typeof runs extends fc.Arbitrary<infer T> ? T : never;

/** A request for new tokens, as Freedom ID sees it. Its response repeats its id. */
interface Request {
  id: string;
  token: string;
  state: 'open' | 'aborted' | 'answered' | 'over';
}

/** A call of `refreshTokens`. */
interface Caller {
  token: string;
  controller: AbortController;
  reason: Error;
  /** The requests that were over when it began. */
  tooOld: string[];
  /** The id of the request whose response it got, as tokens or as an error; or any other reason with which it rejected. */
  end?: unknown;
}

class Refreshes {
  readonly requests: Request[] = [];

  readonly callers: Caller[] = [];

  /** What has gone wrong. */
  readonly complaints: string[] = [];

  private readonly client: FreedomIdClient;

  constructor(private readonly run: Run) {
    this.client = new FreedomIdClient({ ...minimalOptions, fetch: this.fetch });
  }

  async start(): Promise<void> {
    const { callers, scheduler, turns } = this.run;
    for (const { token, signal } of callers) {
      const controller = new AbortController();
      const reason = new Error('given up');
      scheduler.schedule(Promise.resolve()).then(() => {
        this.call(token, controller, reason, signal === 'none' ? undefined : controller.signal);
      });
      if (signal === 'aborts') scheduler.schedule(Promise.resolve()).then(() => controller.abort(reason));
    }
    let events = 0;
    while (scheduler.count() > 0) {
      await scheduler.waitNext(1);
      const pause = turns[events % turns.length] ?? 0;
      events += 1;
      for (let passed = 0; passed < pause; passed += 1) await turn();
      if (pause === ENOUGH) this.check();
    }
    for (let passed = 0; passed < ENOUGH; passed += 1) await turn();
    this.check();
  }

  private call(token: string, controller: AbortController, reason: Error, signal?: AbortSignal): void {
    const tooOld = this.requests.filter(({ state }) => state === 'over').map(({ id }) => id);
    const caller: Caller = { token, controller, reason, tooOld };
    this.callers.push(caller);
    this.client.refreshTokens(token, { signal }).then(
      ({ accessToken }) => {
        caller.end = accessToken;
      },
      (error) => {
        caller.end = error instanceof FreedomIdError ? error.providerCode : error;
      },
    );
  }

  private readonly fetch: FetchFunction = (_, { headers, signal }) => {
    const { gives, scheduler, heeds } = this.run;
    const token = String(headers.authorization).slice('Bearer '.length);
    if (this.openFor(token)) this.complaints.push(`two requests at once for ${token}`);
    const id = `request-${this.requests.length}`;
    const isGood = gives[this.requests.length % gives.length];
    const request: Request = { id, token, state: 'open' };
    this.requests.push(request);
    return new Promise<FetchResponse>((resolve, reject) => {
      signal.addEventListener('abort', () => {
        if (request.state === 'over') this.complaints.push(`${id} was aborted when it was over`);
        request.state = 'aborted';
        if (heeds) reject(new Error('aborted'));
      });
      scheduler.schedule(Promise.resolve()).then(() => {
        if (request.state === 'open') request.state = 'answered';
        const tokens = { access_token: id };
        const no = { error: { message: 'No.', code: id } };
        resolve(isGood ? Response.json(tokens) : Response.json(no, { status: 401 }));
      });
    });
  };

  private openFor(token: string): Request | undefined {
    return this.requests.find((one) => one.token === token && one.state === 'open');
  }

  /** Once nothing is on its way: a request is open exactly while somebody waits for it. */
  private check(): void {
    for (const request of this.requests) if (request.state === 'answered') request.state = 'over';
    for (const token of TOKENS) {
      const waiting = this.callers.filter((caller) => caller.token === token && !('end' in caller));
      if (waiting.length > 0 !== (this.openFor(token) !== undefined)) {
        this.complaints.push(`${waiting.length} wait for ${token}, and ${inspect(this.requests)}`);
      }
    }
  }
}

describe('callers that refresh one token at once, and may give up', () => {
  property(
    'each get new tokens or their own reason, one request for a token runs at a time, and is aborted when nobody waits',
    runs,
    async (run) => {
      const refreshes = new Refreshes(run);
      await refreshes.start();
      const { callers, requests, complaints } = refreshes;
      expect(complaints).to.deep.equal([]);
      expect(callers).to.have.length(run.callers.length);
      for (const { token, controller, reason, tooOld, end } of callers) {
        if (end === reason) expect(controller.signal.aborted).to.equal(true);
        else {
          const request = requests.find(({ id }) => id === end);
          expect(request, inspect(end)).to.include({ token, state: 'over' });
          expect(tooOld).to.not.include(end);
        }
        expect(getEventListeners(controller.signal, 'abort')).to.deep.equal([]);
      }
    },
  );
});
