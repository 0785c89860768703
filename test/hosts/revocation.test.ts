import { expect } from 'chai';
import { revocationHandler } from '../../lib';
import type { RunningApp } from '../support/app';
import { post, send, TOKEN_ID } from '../support/webhook-clients';
import { PATH, type WebhookHost, webhookHosts, wrongHosts } from './webhooks';

describe('the revocation webhook in', () => {
  let calls: string[];
  let errors: unknown[];
  let outcome: () => unknown;
  const running: RunningApp[] = [];

  beforeEach(() => {
    [calls, errors, outcome] = [[], [], () => {}];
  });
  afterEach(async () => {
    for (const app of running.splice(0)) await app.close();
  });

  async function start({ start }: WebhookHost): Promise<string> {
    const handler = revocationHandler(
      (tokenId) => {
        calls.push(tokenId);
        return outcome();
      },
      { onError: (error) => errors.push(error) },
    );
    const app = await start(handler);
    running.push(app);
    return `${app.url}${PATH}`;
  }

  const good = JSON.stringify({ id: TOKEN_ID.toUpperCase() });

  for (const host of webhookHosts) {
    describe(host.name, () => {
      it('ends the sessions of the id, and refuses what Freedom ID does not send', async () => {
        const url = await start(host);
        expect(await send(url, post(good))).to.deep.include({ status: 204, body: '' });
        expect(await send(url, post(good, 'Application/JSON;charset=UTF-8'))).to.include({ status: 204 });
        expect(calls.splice(0)).to.deep.equal([TOKEN_ID.toUpperCase(), TOKEN_ID.toUpperCase()]);
        expect(await send(url, post('{}'))).to.include({ status: 400, body: '' });
        expect(await send(url, post('{"id":"1"}'))).to.include({ status: 400, body: '' });
        // Where there is a parser before it, the answer is the framework's: Nest on Express has 500.
        expect((await send(url, post(good.slice(0, -1)))).status).to.be.oneOf([400, 500]);
        expect(await send(url, post(good, 'text/plain'))).to.include({ status: 415, body: '' });
        const tooMuch = JSON.stringify({ id: TOKEN_ID, more: 'x'.repeat(4096) });
        expect(await send(url, post(tooMuch))).to.include({ status: 413, body: '' });
        const { status, headers } = await fetch(url);
        expect([status, headers.get('allow')]).to.deep.equal([405, 'POST']);
        expect([calls, errors]).to.deep.equal([[], []]);
      });

      it('answers 500 when the function of the app fails, and keeps the app alive', async () => {
        const url = await start(host);
        const reason = new Error('database down');
        outcome = () => Promise.reject(reason);
        expect(await send(url, post(good))).to.include({ status: 500, body: '' });
        expect(errors).to.deep.equal([reason]);
        outcome = () => {};
        expect(await send(url, post(good))).to.include({ status: 204 });
      });
    });
  }

  for (const host of webhookHosts.filter(({ name }) => name.includes('before'))) {
    it(`${host.name} is answered with 413 to a megabyte, and its sender sees it`, async () => {
      const url = await start(host);
      for (const sent of [fetch, send]) {
        expect(await sent(url, post(Buffer.alloc(1_000_000)))).to.have.property('status', 413);
        expect(await sent(url, post(good))).to.have.property('status', 204);
      }
    });
  }

  for (const host of wrongHosts) {
    it(`${host.name} is answered with 500 at once, and onError told where to mount it`, async () => {
      const url = await start(host);
      expect(await send(url, post(good))).to.include({ status: 500, body: '' });
      expect(calls).to.deep.equal([]);
      expect(String(errors)).to.include('mount revocationHandler before the body parser');
    });
  }
});
