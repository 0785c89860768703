import { getEventListeners } from 'node:events';
import { mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { type FetchFunction, FreedomIdClient, FreedomIdError, type FreedomIdProfileStatus } from '../../lib';
import { minimalOptions } from '../support/options';

const ID = '01953bd1-a6d3-739e-8aa3-83e881f09055';
const SECOND = 1000;

/** What the provider answers: a JSON object with HTTP 200, a whole response, an error of the connection, or nothing ever. */
type Answer = Record<string, unknown> | Response | Error | 'nothing';

describe('waiting for a full profile', () => {
  let now = 0;
  beforeEach(() => {
    now = 0;
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => mock.timers.reset());

  /** Lets the time pass second by second, or until the promise settles. */
  async function pass(seconds: number, until: Promise<unknown>): Promise<void> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    until.then(settle, settle);
    for (let second = 0; second < seconds; second += 1) {
      for (let turns = 0; turns < 20 && !isSettled; turns += 1) await turn();
      if (isSettled) return;
      now += 1;
      mock.timers.tick(SECOND);
    }
    for (let turns = 0; turns < 20; turns += 1) await turn();
  }

  interface Asked {
    endpoint: string;
    at: number;
    body: Record<string, string>;
  }

  /** A client whose provider gives these answers, the last one again and again. */
  function clientWith(...answers: Answer[]) {
    const asked: Asked[] = [];
    const fetch: FetchFunction = (url, { body = '', signal }) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push({ endpoint: url.split('/oauth/')[1] ?? '', at: now, body: JSON.parse(body) });
      if (answer === 'nothing') {
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        });
      }
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve(answer instanceof Response ? answer.clone() : Response.json(answer));
    };
    return { client: new FreedomIdClient({ ...minimalOptions, fetch }), asked };
  }

  const errorOf = async (promise: Promise<unknown>, seconds = 200): Promise<FreedomIdError> => {
    const error = promise.then(
      () => expect.fail('it did not reject'),
      (reason) => reason,
    );
    await pass(seconds, promise);
    return await error;
  };
  const accepted = { status: 'accepted' };
  const pending = { status: 'pending' };
  const completed = { status: 'completed', profile: { payload: 'x' } };

  it('requests it, and asks after 1 s, and then with pauses that grow to 10 s', async () => {
    const { client, asked } = clientWith(accepted, ...Array(7).fill(pending), completed);
    const wait = client.waitForProfile('t');
    await pass(100, wait);
    expect(await wait).to.deep.include(completed);
    expect(asked.map(({ at }) => at)).to.deep.equal([0, 1, 2, 4, 8, 16, 26, 36, 46]);
    const [request, ...questions] = asked;
    expect(request?.endpoint).to.equal('get-profile');
    expect(new Set(questions.map(({ endpoint }) => endpoint))).to.deep.equal(new Set(['get-profile/status']));
    expect(new Set(asked.map(({ body }) => body.request_id)).size).to.equal(1);
  });

  it('asks at once for one that was requested already', async () => {
    const { client, asked } = clientWith(completed);
    expect(await client.waitForProfile('t', { requestId: ID })).to.deep.include({
      ...completed,
      requestId: ID,
    });
    expect(asked).to.deep.equal([{ endpoint: 'get-profile/status', at: 0, body: { request_id: ID } }]);
  });

  it('gives each status to onStatus, the last one too, and waits for what it returns', async () => {
    const { client } = clientWith(pending, new Response('', { status: 503 }), { status: 'new' }, completed);
    const seen: string[] = [];
    const onStatus = async ({ status, raw }: FreedomIdProfileStatus) => {
      await turn();
      seen.push(`${status} ${raw.status}`);
    };
    const wait = client.waitForProfile('t', { requestId: ID, onStatus });
    await pass(100, wait);
    await wait;
    expect(seen).to.deep.equal(['pending pending', 'pending new', 'completed completed']);
  });

  it('ends with what onStatus throws or rejects with', async () => {
    const reason = new Error('no more');
    for (const onStatus of [
      () => {
        throw reason;
      },
      () => Promise.reject(reason),
    ]) {
      const { client, asked } = clientWith(pending);
      expect(await errorOf(client.waitForProfile('t', { requestId: ID, onStatus }))).to.equal(reason);
      expect(asked).to.have.length(1);
    }
  });

  it('ends at the deadline even if onStatus never does', async () => {
    const { client } = clientWith(completed);
    let reject = (_: unknown) => {};
    const onStatus = () =>
      new Promise((_, no) => {
        reject = no;
      });
    const error = await errorOf(client.waitForProfile('t', { requestId: ID, onStatus }));
    expect(error).to.include({ code: 'ERR_FREEDOM_ID_TIMEOUT', endpoint: 'profile-status' });
    // Rejects when nobody waits any more.
    reject(new Error('late'));
    await turn();
  });

  for (const [status, advice] of [
    ['failed', 'Request it again, or let the user log in again.'],
    ['rejected', 'Request it again, or let the user log in again.'],
    [
      'not_found',
      'It is kept for 24 hours while pending, then for one hour, and only the same user and app may see it; request it again.',
    ],
  ] as const) {
    it(`is rejected when it is ${status}, in Freedom ID's words`, async () => {
      const { client, asked } = clientWith(accepted, pending, { status, status_message: 'No\nt-token.' });
      const seen: string[] = [];
      const onStatus = (one: FreedomIdProfileStatus) => seen.push(one.status);
      const error = await errorOf(client.waitForProfile('t-token', { onStatus }));
      expect(error).to.be.instanceOf(FreedomIdError);
      expect(error).to.include({
        code: 'ERR_FREEDOM_ID_REJECTED',
        endpoint: 'profile-status',
        providerCode: status,
      });
      expect(error.message).to.equal(
        `Freedom ID profile-status: the full profile has the status ${status}, "No [redacted]." ${advice}`,
      );
      expect(seen).to.deep.equal(['pending', status]);
      expect(asked).to.have.length(3);
    });
  }

  it('is rejected at once when the request for it is', async () => {
    const { client, asked } = clientWith({ status: 'rejected' });
    const error = await errorOf(client.waitForProfile('t'));
    expect(error).to.include({
      code: 'ERR_FREEDOM_ID_REJECTED',
      endpoint: 'get-profile',
      providerCode: 'rejected',
    });
    expect(error.message).to.equal(
      'Freedom ID get-profile: the full profile has the status rejected. Request it again, or let the user log in again.',
    );
    expect(asked).to.have.length(1);
  });

  it('does not end by an outage in between', async () => {
    const outages: Answer[] = [
      Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
      new Response('', { status: 500 }),
      new Response('<html>', { status: 503 }),
      Response.json({ error: 'slow down' }, { status: 429 }),
      new Response('', { status: 408 }),
      'nothing',
    ];
    for (const outage of outages) {
      const { client, asked } = clientWith(outage, completed);
      const wait = client.waitForProfile('t', { requestId: ID });
      await pass(100, wait);
      expect(await wait).to.include({ status: 'completed' });
      expect(asked).to.have.length(2);
    }
  });

  it('is as patient after an outage as Freedom ID asks for', async () => {
    const busy = new Response('', { status: 503, headers: { 'retry-after': '30' } });
    const { client, asked } = clientWith(busy, pending, completed);
    const wait = client.waitForProfile('t', { requestId: ID });
    await pass(100, wait);
    await wait;
    expect(asked.map(({ at }) => at)).to.deep.equal([0, 30, 32]);
  });

  it('ends at its deadline where Freedom ID asks for the patience of years', async () => {
    const busy = new Response('', { status: 503, headers: { 'retry-after': '99999999' } });
    const { client, asked } = clientWith(busy);
    const error = await errorOf(client.waitForProfile('t', { requestId: ID }));
    expect(error).to.have.property('code', 'ERR_FREEDOM_ID_TIMEOUT');
    expect(asked).to.have.length(1);
  });

  it('ends by a rejection of the token, and by a response that is no answer', async () => {
    for (const [answer, code] of [
      [new Response('', { status: 401 }), 'REJECTED'],
      [Response.json({ error: { message: 'Invalid token.' } }), 'REJECTED'],
      [new Response('<html>', { status: 403 }), 'RESPONSE'],
      [{ state: 'completed' }, 'RESPONSE'],
    ] as const) {
      const { client, asked } = clientWith(pending, answer);
      const error = await errorOf(client.waitForProfile('t', { requestId: ID }));
      expect(error).to.include({ code: `ERR_FREEDOM_ID_${code}`, endpoint: 'profile-status' });
      expect(asked).to.have.length(2);
    }
  });

  it('ends at once where the fetch of the app sends no body with a GET', async () => {
    let count = 0;
    const fetch: FetchFunction = (url, init) => {
      count += 1;
      return globalThis.fetch(url, init);
    };
    const client = new FreedomIdClient({ ...minimalOptions, fetch });
    const error = await errorOf(client.waitForProfile('t', { requestId: ID }));
    expect(error).to.include({ code: 'ERR_FREEDOM_ID_NETWORK', endpoint: 'profile-status' });
    expect(error.message).to.equal(
      "Freedom ID profile-status: the option fetch sends no body with a GET, and this request needs one (protocol 8). Leave fetch out, or give one that sends it, such as undici's request.",
    );
    expect(count).to.equal(1);
  });

  it('takes two minutes at most, and then tells the last status', async () => {
    for (const [answer, found, hasCause] of [
      [pending, 'its last status was pending', false],
      [new Response('', { status: 500 }), 'the last request for its status failed', true],
    ] as const) {
      const { client } = clientWith(accepted, answer);
      now = 0;
      const error = await errorOf(client.waitForProfile('t'), 500);
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_TIMEOUT', endpoint: 'profile-status', status: 504 });
      expect(error.message).to.equal(
        `Freedom ID profile-status: the full profile was not ready within 120000 ms; ${found}. Raise timeout, or wait again with the requestId that requestProfile gives.`,
      );
      expect(error.cause instanceof FreedomIdError).to.equal(hasCause);
      expect(now).to.equal(120);
    }
  });

  it('may take a time of the app, which ends an exchange, too', async () => {
    const { client } = clientWith('nothing');
    const error = await errorOf(client.waitForProfile('t', { requestId: ID, timeout: 5 * SECOND }));
    expect(error.message).to.include('was not ready within 5000 ms; its status is not known yet');
    expect(now).to.equal(5);
  });

  it('ends at once with the reason of its signal, in a pause and in an exchange, and leaves no listener', async () => {
    for (const answer of [pending, 'nothing'] as const) {
      const { client, asked } = clientWith(answer);
      const controller = new AbortController();
      const wait = client.waitForProfile('t', { requestId: ID, signal: controller.signal });
      const error = errorOf(wait, 0);
      await turn();
      expect(asked).to.have.length(1);
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await error).to.equal(reason);
      expect(getEventListeners(controller.signal, 'abort')).to.deep.equal([]);
    }
  });

  it('leaves no listener behind when it succeeds', async () => {
    const { client } = clientWith(completed);
    const { signal } = new AbortController();
    await client.waitForProfile('t', { requestId: ID, signal });
    expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
  });

  it('sends nothing when its signal has aborted, or an option is wrong', async () => {
    const { client, asked } = clientWith(pending);
    expect(await errorOf(client.waitForProfile('t', { signal: AbortSignal.abort('no') }))).to.equal('no');
    const wrongs: [object, string][] = [
      [{ timeout: 0 }, 'timeout must be a number of milliseconds'],
      [{ timeout: Number.POSITIVE_INFINITY }, 'timeout must be a number of milliseconds'],
      [{ onStatus: 'log' }, 'onStatus must be a function'],
      [{ signal: null }, 'signal must be an AbortSignal'],
      // As a database has it where none was kept: nobody has asked for a new request.
      [{ requestId: null }, 'requestId must be a UUID'],
    ];
    for (const [options, message] of wrongs) {
      const error = await errorOf(client.waitForProfile('t', options));
      expect(error).to.be.instanceOf(TypeError).with.property('message').that.includes(message);
    }
    expect(asked).to.deep.equal([]);
  });
});
