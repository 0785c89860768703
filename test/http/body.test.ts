import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { readBody, TooLarge } from '../../lib/http/body';

const read = (body: unknown, maxSize = 100) => readBody({ status: 200, body, text: async () => '' }, maxSize);

/** How the reading fails. */
const failureOf = (body: unknown, maxSize?: number) =>
  read(body, maxSize).then(
    (text) => expect.fail(`it was read: ${text}`),
    (reason) => reason,
  );

describe('the body of a response', () => {
  it('is read as it is, however it is cut into chunks', async () => {
    const text = '{"a":"Ә, ә and more"}';
    const bytes = Buffer.from(text);
    for (const size of [1, 2, 3, 5, bytes.length - 1, bytes.length]) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      expect(await read(Readable.from(chunks), bytes.length), `${size}`).to.equal(text);
      expect(await read(ReadableStream.from(chunks), bytes.length), `${size}`).to.equal(text);
      for (const body of [Readable.from(chunks), ReadableStream.from(chunks)]) {
        expect(await failureOf(body, bytes.length - 1), `${size}`).to.be.instanceOf(TooLarge);
      }
    }
  });

  it('is decoded by itself, whatever came before it', async () => {
    const cut = Readable.from([Buffer.from('Ә').subarray(0, 1)]);
    expect(await read(cut)).to.equal('\ufffd');
    expect(await read(Readable.from(['\ufeff{}']))).to.equal('{}');
    expect(await read(Readable.from(['{}']))).to.equal('{}');
    expect(await read(Readable.from(['{"a":"Ә"}']))).to.equal('{"a":"Ә"}');
  });

  it('takes no more room than it needs, however much there may be', async () => {
    expect(await read(Readable.from(['{', '}']), Number.MAX_SAFE_INTEGER)).to.equal('{}');
  });

  it('is not changed by what its sender does to a chunk later', async () => {
    const chunk = Buffer.from('ab');
    const body = (async function* () {
      yield chunk;
      chunk.fill('x');
      yield Buffer.from('c');
    })();
    expect(await read(body)).to.equal('abc');
  });

  describe('that has failed before anybody listens to it', () => {
    it('fails at once, for the same reason', async () => {
      const reason = new Error('broken');
      const failed = new Readable({ read() {} }).on('error', () => {});
      failed.destroy(reason);
      const closed = once(failed, 'close');
      // Both before its events and after them.
      expect(await failureOf(failed)).to.equal(reason);
      await closed.catch(() => {});
      expect(await failureOf(failed)).to.equal(reason);
      const web = new ReadableStream({ start: (controller) => controller.error(reason) });
      expect(await failureOf(web)).to.equal(reason);
    });

    it('fails at once even if it has no reason, or was read to its end', async () => {
      const destroyed = new Readable({ read() {} }).destroy();
      const used = Readable.from(['{}']);
      await used.toArray();
      for (const body of [destroyed, used]) {
        expect((await failureOf(body)).message).to.equal('the response ended early');
      }
    });

    it('crashes nothing when its error event comes afterwards', async () => {
      // Without a listener of its own: an error that nobody hears ends the process.
      const failed = new Readable({ read() {} });
      failed.destroy(new Error('broken'));
      expect((await failureOf(failed)).message).to.equal('broken');
    });
  });

  it('holds no more than three times its size, even if each byte comes by itself', async () => {
    const size = 1024 * 1024;
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    const held = () => {
      collectGarbage();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    let before = 0;
    let after = 0;
    const body = (async function* () {
      before = held();
      for (let at = 0; at < size; at += 1) yield Buffer.alloc(1, ' ');
      after = held();
      yield Buffer.from('{}');
    })();
    expect(await read(body, size + 2)).to.have.length(size + 2);
    expect(after - before).to.be.below(3 * size);
  });
});
