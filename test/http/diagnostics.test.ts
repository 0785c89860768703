import { spawnSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect } from 'chai';
import { FreedomIdClient, type FreedomIdRequestEvent } from '../../lib';
import { minimalOptions } from '../support/options';

const CHANNEL = 'passport-freedom-id:request';

describe('the diagnostics', () => {
  const events: FreedomIdRequestEvent[] = [];
  const note = (event: unknown) => void events.push(event as FreedomIdRequestEvent);
  let client: FreedomIdClient;
  beforeEach(() => {
    events.splice(0);
    subscribe(CHANNEL, note);
    client = new FreedomIdClient({
      ...minimalOptions,
      userProfileURL: 'https://passport.freedompay.kz/get-data?key=s3cret',
      fetch: async (url) =>
        url.includes('token') ? Response.json({ error: {} }, { status: 401 }) : Response.json({}),
    });
  });
  afterEach(() => unsubscribe(CHANNEL, note));

  it('publish each exchange on the channel', async () => {
    const start = performance.now();
    await client.getUserInfo('s3cret');
    const elapsed = performance.now() - start;
    const [{ durationMs, ...event } = expect.fail('no event'), ...more] = events;
    expect(more).to.deep.equal([]);
    expect(event).to.deep.equal({
      endpoint: 'get-data',
      method: 'GET',
      url: 'https://passport.freedompay.kz/get-data',
      httpStatus: 200,
    });
    expect(durationMs).to.be.within(0, elapsed);
  });

  it('publish the error of an exchange, and nothing secret', async () => {
    const error = await client.exchangeCode('s3cret').catch((reason) => reason);
    expect(events[0]).to.include({ endpoint: 'token', method: 'POST', httpStatus: 401, error });
    const down = new FreedomIdClient({
      ...minimalOptions,
      fetch: async () => Promise.reject(new Error('s3cret down')),
    });
    await down.exchangeCode('s3cret').catch(() => {});
    expect(events[1]).to.not.have.property('httpStatus');
    expect(JSON.stringify(events)).to.not.include('s3cret');
  });

  it('print the same under NODE_DEBUG, and nothing without it', () => {
    const script = `
      const { FreedomIdClient } = require('./lib');
      const client = new FreedomIdClient({ clientID: 'a', clientSecret: 's3cret', fetch: async (url) => Response.json(url.includes('token') ? [] : {}) });
      client.getUserInfo('s3cret').then(() => client.exchangeCode('s3cret')).catch(() => {});`;
    const outputWith = (NODE_DEBUG: string) => {
      const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '-e', script], {
        env: { ...process.env, NODE_DEBUG },
        encoding: 'utf8',
      });
      return stdout + stderr;
    };
    expect(outputWith('')).to.equal('');
    const output = outputWith('passport-freedom-id');
    expect(output).to.match(
      /get-data GET https:\/\/passport\.freedompay\.kz\/api\/v1\/oauth\/get-data in \d+ ms: HTTP 200/,
    );
    expect(output).to.match(
      /token POST .* ms: Freedom ID token: HTTP 200 with a body that is not a JSON object/,
    );
    expect(output).to.not.include('s3cret');
  });
});
