import { mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  type FetchFunction,
  type FetchResponse,
  FreedomIdClient,
  FreedomIdError,
  type FreedomIdProfileRequest,
  type FreedomIdProfileStatus,
} from '../../lib';
import { minimalOptions } from '../support/options';
import { property } from '../support/property';
import {
  ACCESS_TOKEN,
  type Answer,
  fieldValue,
  hostileAnswer,
  type Json,
  MAX_SIZE,
  type Member,
  responseTo,
  type Verdict,
  verdictOn,
} from './hostile-answer';

const ID = '01953bd1-a6d3-739e-8aa3-83e881f09055';
const DATE = '2025-03-04T06:35:50.000000Z';
const PROFILE = { payload: 'cipher' };

const STATUSES = ['accepted', 'rejected', 'pending', 'completed', 'failed', 'not_found'];

const members: fc.Arbitrary<Member> = fc.oneof(
  fc.tuple(fc.constant('status'), fc.constantFrom<unknown>(...STATUSES, 'COMPLETED', ' ', '__proto__')),
  fc.tuple(
    fc.constant('status_message'),
    fc.constantFrom(`not for ${ACCESS_TOKEN}`, '\u001b[31m\r\nno', 'x'.repeat(300)),
  ),
  fc.tuple(
    fc.constantFrom('status', 'status_message', 'freedom_id', 'request_id', 'profile', 'datetime'),
    fieldValue,
  ),
);

const requestAnswer = hostileAnswer({ status: 'accepted' }, members);
const statusAnswer = fc
  .constantFrom('pending', 'completed', 'completed', 'failed')
  .chain((status) => hostileAnswer({ status, profile: PROFILE, datetime: DATE }, members));

const clientOver = (fetch: FetchFunction) =>
  new FreedomIdClient({ ...minimalOptions, maxResponseSize: MAX_SIZE, fetch });

/** How a call has ended. */
type End<T> = { result: T } | { reason: unknown };

const endOf = <T>(call: Promise<T>): Promise<End<T>> =>
  call.then(
    (result) => ({ result }),
    (reason) => ({ reason }),
  );

/** What a verdict means where a status is asked for: a response without one is unusable. */
function withStatus(verdict: Verdict): Verdict {
  if (!('json' in verdict) || /\S/.test(textIn(verdict.json.status))) return verdict;
  return { code: 'ERR_FREEDOM_ID_RESPONSE' };
}

const textIn = (value: unknown) => (typeof value === 'string' ? value : '');

function codeOf(verdict: Exclude<Verdict, { json: Json }>): string {
  return 'code' in verdict ? verdict.code : 'ERR_FREEDOM_ID_REJECTED';
}

function expectError(reason: unknown, endpoint: string, code: string): void {
  expect(reason).to.be.instanceOf(FreedomIdError).and.include({ code, endpoint });
  expect(String(reason)).to.match(new RegExp(`^FreedomIdError: Freedom ID ${endpoint}: [^\\p{Cc}]+$`, 'u'));
  expect(inspect(reason, { depth: 9 })).to.not.include(ACCESS_TOKEN);
}

/** Expects a result in the documented shape, and nothing else. */
function expectShape(
  { requestId, status, statusMessage, freedomId, raw, ...rest }: FreedomIdProfileRequest | Json,
  known: string[],
  json: Json,
): Json {
  expect(requestId).to.equal(ID);
  const told = textIn(json.status);
  expect(status).to.equal(known.includes(told) ? told : 'pending');
  expect(raw).to.deep.equal(json);
  if (statusMessage !== undefined) {
    expect(statusMessage)
      .to.match(/^[^\p{Cc}]{1,200}$/u)
      .and.not.include(ACCESS_TOKEN);
    expect(json.status_message).to.be.a('string');
  }
  expect(freedomId).to.equal(textIn(json.freedom_id).trim() || undefined);
  return rest;
}

function expectStatus(status: FreedomIdProfileStatus, json: Json): void {
  const known = ['completed', 'failed', 'rejected', 'not_found'];
  const { profile, datetime, ...rest } = expectShape({ ...status }, known, json);
  expect(rest).to.deep.equal({});
  const isObject = Object.prototype.toString.call(json.profile) === '[object Object]';
  expect(profile).to.deep.equal(isObject ? json.profile : undefined);
  if (datetime !== undefined) expect(Number((datetime as Date).getTime())).to.not.be.NaN;
  if (json.datetime === DATE) expect(datetime).to.deep.equal(new Date(DATE));
}

describe('whatever Freedom ID responds about a full profile', () => {
  property(
    'the request for it gives its status, or fails with the matching error',
    requestAnswer,
    async (answer) => {
      const client = clientOver(async () => responseTo(answer));
      const end = await endOf(client.requestProfile(ACCESS_TOKEN, { requestId: ID }));
      const verdict = withStatus(verdictOn(answer));
      if ('reason' in end || !('json' in verdict)) {
        expectError('reason' in end && end.reason, 'get-profile', 'json' in verdict ? '' : codeOf(verdict));
      } else {
        expect(expectShape({ ...end.result }, ['accepted', 'rejected'], verdict.json)).to.deep.equal({});
      }
    },
  );

  property(
    'the question for its status gives the status, or fails with the matching error',
    statusAnswer,
    async (answer) => {
      const client = clientOver(async () => responseTo(answer));
      const end = await endOf(client.getProfileStatus(ACCESS_TOKEN, ID));
      const verdict = withStatus(verdictOn(answer));
      if ('reason' in end || !('json' in verdict)) {
        expectError(
          'reason' in end && end.reason,
          'profile-status',
          'json' in verdict ? '' : codeOf(verdict),
        );
      } else {
        expectStatus(end.result, verdict.json);
      }
    },
  );
});

/** How one request ends: with a response, which may have a header that asks to wait, or never. */
type Reply = { answer: Answer; retryAfter: unknown } | 'nothing';

const retryAfter = fc.constantFrom<unknown>(
  ...[null, undefined, 0, '0', '3', '-1', 'soon', '1e9', '9'.repeat(400), 'Tue, 01 Jan 2999 00:00:00 GMT'],
);
const replyTo = (answers: fc.Arbitrary<Answer>): fc.Arbitrary<Reply> =>
  fc.oneof(
    { weight: 9, arbitrary: fc.record({ answer: answers, retryAfter }) },
    { weight: 1, arbitrary: fc.constant('nothing' as const) },
  );
const pendingAnswer = hostileAnswer({ status: 'pending' }, members);

const THROWN = new Error('from the app');
const ABORTED = new Error('enough');

const waits = fc.record({
  requested: fc.option(replyTo(requestAnswer)),
  replies: fc.array(
    replyTo(fc.oneof({ weight: 3, arbitrary: pendingAnswer }, { weight: 1, arbitrary: statusAnswer })),
    { minLength: 1, maxLength: 6 },
  ),
  timeout: fc.constantFrom(1, 1500, 7000, 30_000),
  /** Which of the calls of onStatus throws or rejects. */
  throwsAt: fc.option(fc.record({ call: fc.nat(3), rejects: fc.boolean() })),
  /** Seconds after which the caller gives up. */
  abortsAt: fc.option(fc.nat(12)),
});

type Wait = typeof waits extends fc.Arbitrary<infer T> ? T : never;

/** Far more turns of the event loop than a request takes whose response comes from memory. */
const TURNS = 12;

/** Waits for a profile while time passes second by second. Timers are mocked from the beginning to the end. */
async function runWait({ requested, replies, timeout, throwsAt, abortsAt }: Wait) {
  let seconds = 0;
  let sent = 0;
  const queue = requested ? [requested, ...replies] : replies;
  const fetch: FetchFunction = (_url, { signal }) => {
    const reply = queue[Math.min(sent, queue.length - 1)] ?? 'nothing';
    sent += 1;
    if (reply !== 'nothing') {
      const headers = { get: () => reply.retryAfter as string };
      return Promise.resolve({ ...responseTo(reply.answer), headers });
    }
    return new Promise<FetchResponse>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
  };
  const statuses: FreedomIdProfileStatus[] = [];
  const onStatus = (status: FreedomIdProfileStatus) => {
    statuses.push(status);
    if (throwsAt?.call !== statuses.length - 1) return undefined;
    if (throwsAt.rejects) return Promise.reject(THROWN);
    throw THROWN;
  };
  const controller = new AbortController();
  const { signal } = controller;
  const options = { ...(!requested && { requestId: ID }), timeout, onStatus, signal };

  let end: End<FreedomIdProfileStatus> | undefined;
  void endOf(clientOver(fetch).waitForProfile(ACCESS_TOKEN, options)).then((ended) => {
    end = ended;
  });
  const settle = async () => {
    for (let turns = 0; turns < TURNS && !end; turns += 1) await turn();
  };
  await settle();
  while (!end && seconds * 1000 < timeout) {
    if (seconds === abortsAt) controller.abort(ABORTED);
    else {
      seconds += 1;
      mock.timers.tick(1000);
    }
    await settle();
  }
  const { length } = statuses;
  const asked = sent;
  // Nothing goes on.
  mock.timers.tick(600_000);
  for (let turns = 0; turns < TURNS; turns += 1) await turn();
  expect([statuses.length, sent]).to.deep.equal([length, asked]);
  return { end, statuses, seconds };
}

describe('whatever Freedom ID responds while somebody waits for a full profile', () => {
  property(
    'the wait ends once, by the first answer that decides, the deadline, the signal or onStatus',
    waits,
    async (wait) => {
      mock.timers.enable({ apis: ['setTimeout'] });
      try {
        const { end, statuses, seconds } = await runWait(wait);
        if (!end) expect.fail('it has no end');
        if ('reason' in end && end.reason === ABORTED) expect(seconds).to.equal(wait.abortsAt);
        else if ('reason' in end && isTooLate(end.reason)) {
          expect(seconds * 1000).to.be.at.least(wait.timeout);
        } else expectDecided(end, decisionOf(wait));
        if ('result' in end) expect(statuses.at(-1)).to.equal(end.result);
      } finally {
        mock.timers.reset();
      }
    },
  );
});

function isTooLate(reason: unknown): boolean {
  return reason instanceof FreedomIdError && / was not ready within /.test(reason.message);
}

type Decision = 'completed' | 'thrown' | { endpoint: string; code: string };

function expectDecided(end: End<FreedomIdProfileStatus>, decision: Decision | undefined): void {
  if ('result' in end) {
    expect(decision).to.equal('completed');
    expect(end.result.status).to.equal('completed');
  } else if (end.reason === THROWN) expect(decision).to.equal('thrown');
  else if (typeof decision === 'object') expectError(end.reason, decision.endpoint, decision.code);
  else expect.fail(`not ${decision}, but ${end.reason}`);
}

/** @returns undefined where the time will be over first */
function decisionOf({ requested, replies, throwsAt }: Wait): Decision | undefined {
  if (requested) {
    const endpoint = 'get-profile';
    const verdict = verdictOfReply(requested);
    if (!('json' in verdict)) return { endpoint, code: codeOf(verdict) };
    if (verdict.json.status === 'rejected') return { endpoint, code: 'ERR_FREEDOM_ID_REJECTED' };
  }
  const endpoint = 'profile-status';
  // The last one comes again and again.
  const all = [
    ...replies,
    ...Array<Reply>(throwsAt ? throwsAt.call + 1 : 0).fill(replies.at(-1) ?? 'nothing'),
  ];
  let told = 0;
  for (const reply of all.filter((one) => !isOutage(one))) {
    const verdict = verdictOfReply(reply);
    if (!('json' in verdict)) return { endpoint, code: codeOf(verdict) };
    if (throwsAt?.call === told) return 'thrown';
    told += 1;
    const status = textIn(verdict.json.status);
    if (status === 'completed') return 'completed';
    if (['failed', 'rejected', 'not_found'].includes(status)) {
      return { endpoint, code: 'ERR_FREEDOM_ID_REJECTED' };
    }
  }
  return undefined;
}

function verdictOfReply(reply: Reply): Verdict {
  return reply === 'nothing' ? { code: 'ERR_FREEDOM_ID_TIMEOUT' } : withStatus(verdictOn(reply.answer));
}

/** Whether the next question may be answered. */
function isOutage(reply: Reply): boolean {
  if (reply === 'nothing' || reply.answer.breaks) return true;
  const { status } = reply.answer;
  return status >= 500 || [408, 425, 429].includes(status);
}
