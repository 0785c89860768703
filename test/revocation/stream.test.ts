import { getEventListeners } from 'node:events';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect } from 'chai';
import { readOn } from '../../lib/revocation/stream';

describe('reading on in a body', () => {
  let req: IncomingMessage;
  let deadline: AbortController;
  let chunks: string[];
  let before: object;

  const listeners = () => [
    ...['data', 'end', 'close', 'error', 'aborted'].map((event) => req.listenerCount(event)),
    getEventListeners(deadline.signal, 'abort').length,
  ];

  beforeEach(() => {
    req = new IncomingMessage(new Socket());
    deadline = new AbortController();
    chunks = [];
    before = listeners();
  });
  afterEach(() => {
    expect(listeners()).to.deep.equal(before);
  });

  const read = (most = 10) =>
    readOn(req, deadline.signal, (chunk) => chunks.push(Buffer.from(chunk).toString('latin1')) < most);

  it('tells that it has ended', async () => {
    const reading = read();
    for (const chunk of ['a', 'b', null]) req.push(chunk);
    req.complete = true;
    expect([await reading, ...chunks]).to.deep.equal(['ended', 'a', 'b']);
  });

  it('tells that enough has come, leaves the rest, and goes on from there', async () => {
    for (const chunk of ['a', 'b', 'c']) req.push(chunk);
    expect([await read(2), ...chunks]).to.deep.equal(['enough', 'a', 'b']);
    expect([req.isPaused(), req.readableLength]).to.deep.equal([true, 1]);
    req.push(null);
    expect([await read(), ...chunks]).to.deep.equal(['ended', 'a', 'b', 'c']);
  });

  it('tells that the deadline has passed, then or before', async () => {
    const reading = read();
    req.push('a');
    deadline.abort();
    expect(await reading).to.equal('late');
    expect(req.isPaused()).to.equal(true);
    expect(await read()).to.equal('late');
  });

  it('tells that the client has gone, then or before', async () => {
    const reading = read();
    req.push('a');
    req.destroy(new Error('reset'));
    expect(await reading).to.equal('gone');
    expect(await read()).to.equal('gone');
    deadline.abort();
    expect(await read()).to.equal('gone');
  });

  it('gives text as bytes', async () => {
    req.setEncoding('utf8');
    const reading = read();
    for (const chunk of [Buffer.from('ж'), null]) req.push(chunk);
    expect([await reading, ...chunks]).to.deep.equal(['ended', 'Ð¶']);
  });
});
