import { once } from 'node:events';
import { expect } from 'chai';
import { revocationHandler } from '../../lib';
import { post, send, TOKEN_ID, useServers } from '../support/webhook-clients';

describe('behind a body parser, the handler for the revocation webhook', () => {
  const servers = useServers();
  let calls: string[];
  let errors: unknown[];
  beforeEach(() => {
    [calls, errors] = [[], []];
  });

  interface Setting {
    /** What the parser has left on the request. */
    left?: object;
    /** What it has done with the body. */
    read?: 'all' | 'some' | 'nothing';
    body?: string;
  }

  async function statusOf({ left = {}, read = 'all', body = JSON.stringify({ id: TOKEN_ID }) }: Setting) {
    const handler = revocationHandler((tokenId) => void calls.push(tokenId), {
      onError: (error) => errors.push(error),
    });
    const url = await servers.http(async (req, res) => {
      if (read === 'all') for await (const _ of req);
      if (read === 'some') await once(req, 'data');
      await handler(Object.assign(req, left), res);
    });
    return (await send(url, post(body))).status;
  }

  const good = { id: TOKEN_ID };
  const text = JSON.stringify(good);

  it('takes the id from an object, from text or from bytes', async () => {
    const all = [
      good,
      text,
      Buffer.from(text),
      new Uint8Array(Buffer.from(text)),
      { ...good, __proto__: null },
    ];
    for (const body of all) expect(await statusOf({ left: { body } })).to.equal(204);
    for (const rawBody of [text, Buffer.from(text)])
      expect(await statusOf({ left: { rawBody } })).to.equal(204);
    expect(calls).to.deep.equal(Array(7).fill(TOKEN_ID));
  });

  it('prefers the text to the parsed value', async () => {
    const body = { id: '00000000-0000-4000-8000-000000000000' };
    expect(await statusOf({ left: { body, rawBody: text } })).to.equal(204);
    expect(await statusOf({ left: { body: good, rawBody: '{}' } })).to.equal(400);
    expect(calls).to.deep.equal([TOKEN_ID]);
  });

  it('answers 400 to what has no id of its own', async () => {
    let deep: object = good;
    for (let depth = 0; depth < 20_000; depth += 1) deep = [deep];
    const circular: Record<string, unknown> = { ...good };
    circular.self = circular;
    const bodies = [
      {},
      null,
      [],
      [good],
      '',
      Buffer.alloc(0),
      true,
      7,
      Object.create(good),
      new Map([['id', TOKEN_ID]]),
    ];
    for (const body of [...bodies, { ...good, deep }, circular, { ...good, large: 7n }]) {
      expect(await statusOf({ left: { body } }), String(typeof body)).to.equal(400);
    }
    expect([calls, errors]).to.deep.equal([[], []]);
  });

  it('answers 413 to more than 4,096 bytes', async () => {
    const more = 'ж'.repeat(2048);
    const large = JSON.stringify({ ...good, more });
    for (const left of [{ body: { ...good, more } }, { body: large }, { rawBody: Buffer.from(large) }]) {
      expect(await statusOf({ left })).to.equal(413);
    }
    const largest = text.padEnd(4096);
    for (const left of [{ body: largest }, { rawBody: Buffer.from(largest) }]) {
      expect(await statusOf({ left })).to.equal(204);
    }
    // As it was announced.
    expect(await statusOf({ left: { body: good }, body: text.padEnd(4097) })).to.equal(413);
  });

  it('reads the body itself where the parser has not', async () => {
    for (const body of [undefined, null, {}]) {
      expect(await statusOf({ left: { body }, read: 'nothing' })).to.equal(204);
      expect(await statusOf({ left: { body }, read: 'nothing', body: '{}' })).to.equal(400);
    }
    expect(calls).to.have.length(3);
  });

  it('takes the given body even if nothing was read, and closes the connection', async () => {
    for (const body of [good, text, Buffer.from(text)]) {
      expect(await statusOf({ left: { body }, read: 'nothing', body: '{}' })).to.equal(204);
    }
    expect(await statusOf({ left: { body: [] }, read: 'nothing' })).to.equal(400);
  });

  it('answers 500 at once where the body is gone, and tells onError what to do', async () => {
    expect(await statusOf({})).to.equal(500);
    expect(await statusOf({ body: '' })).to.equal(500);
    expect(await statusOf({ read: 'some', body: text })).to.equal(500);
    expect(errors).to.have.length(3);
    for (const error of errors) {
      expect(error).to.be.instanceOf(Error);
      expect(String(error)).to.match(
        /left it neither in req\.body nor in req\.rawBody: mount revocationHandler before/,
      );
    }
    expect(calls).to.deep.equal([]);
  });

  it('answers 500 where reading req.body throws, and tells onError', async () => {
    const left = Object.defineProperty({}, 'body', { get: () => TOKEN_ID, enumerable: true });
    expect(await statusOf({ left })).to.equal(400);
    const url = await servers.http((req, res) => {
      Object.defineProperty(req, 'body', {
        get() {
          throw new Error('Invalid JSON');
        },
      });
      return revocationHandler(() => {}, { onError: (error) => errors.push(error) })(req, res);
    });
    expect((await send(url, post(text))).status).to.equal(500);
    expect(String(errors)).to.equal('Error: Invalid JSON');
  });
});
