import { EventEmitter } from 'node:events';
import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { closeIdle, noteConnection } from '../../lib/http/connections';

/** What node:http's sockets have of use here. */
class NotedSocket extends EventEmitter {
  destroyed = false;

  _httpMessage: object | null = null;

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

describe('the connections that requests have used', () => {
  const ORIGIN = 'https://provider.example';
  const noted = (agent: Agent, origin = ORIGIN) => {
    const socket = new NotedSocket();
    const note = () => noteConnection(agent, origin, socket as unknown as Socket);
    return { socket, note, isNew: !note() };
  };

  it('are distinguished from new ones, by agent and origin', () => {
    const { isNew, note, socket } = noted(new Agent());
    expect(isNew).to.equal(true);
    expect(note()).to.equal(true);
    const asSocket = socket as unknown as Socket;
    expect(noteConnection(new Agent(), ORIGIN, asSocket)).to.equal(false);
  });

  it('close if they are idle and belong to this agent and origin', () => {
    const agent = new Agent();
    const { socket: idle } = noted(agent);
    const { socket: busy } = noted(agent);
    busy._httpMessage = {};
    const { socket: elsewhere } = noted(agent, 'https://other.example');
    const { socket: ofAnother } = noted(new Agent());
    closeIdle(agent, ORIGIN);
    expect([idle, busy, elsewhere, ofAnother].map(({ destroyed }) => destroyed)).to.deep.equal([
      true,
      false,
      false,
      false,
    ]);
  });

  it('are known to each agent and each origin that they serve, and get no more listeners for that', () => {
    const agents = [new Agent(), new Agent()];
    const uses = agents.flatMap((agent) =>
      [ORIGIN, 'https://other.example'].map((origin) => ({ agent, origin })),
    );
    for (const use of uses) {
      const socket = new NotedSocket();
      const noteAll = () =>
        uses.map(({ agent, origin }) => noteConnection(agent, origin, socket as unknown as Socket));
      expect(noteAll()).to.deep.equal([false, false, false, false]);
      const listeners = socket.listenerCount('close');
      expect(noteAll()).to.deep.equal([true, true, true, true]);
      expect(socket.listenerCount('close')).to.equal(listeners);
      closeIdle(use.agent, use.origin);
      expect(socket.destroyed).to.equal(true);
    }
  });

  it('are forgotten once they are closed, or taken from the agent', () => {
    for (const event of ['close', 'agentRemove']) {
      const agent = new Agent();
      const { socket, note } = noted(agent);
      socket.emit(event);
      closeIdle(agent, ORIGIN);
      expect(socket.destroyed).to.equal(false);
      expect(note()).to.equal(false);
    }
  });
});
