import type { Agent } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The open connections that have carried a request of ours, by agent and origin. An agent's own lists do not do: a proxy
 * agent may hold its connections in other agents, out of sight.
 */
const connections = new WeakMap<Agent, Map<string, Set<Socket>>>();

/** The same connections, each with its agent, to find them by. */
const agents = new WeakMap<Socket, Agent>();

/** @returns whether the connection has carried a request of this agent before */
export function noteConnection(agent: Agent, url: string, socket: Socket): boolean {
  if (agents.get(socket) === agent) return true;
  agents.set(socket, agent);
  const known = connectionsOf(agent, url);
  known.add(socket);
  const forget = () => {
    known.delete(socket);
    agents.delete(socket);
  };
  socket.once('close', forget);
  // The app has made something else of it, such as a WebSocket.
  socket.once('agentRemove', forget);
  return false;
}

/** Closes the connections that have carried a request to the origin of this URL, and carry none now. */
export function closeIdle(agent: Agent, url: string): void {
  for (const socket of connectionsOf(agent, url)) if (isIdle(socket)) socket.destroy();
}

function connectionsOf(agent: Agent, url: string): Set<Socket> {
  const { origin } = new URL(url);
  const byOrigin = connections.get(agent) ?? new Map<string, Set<Socket>>();
  connections.set(agent, byOrigin);
  const known = byOrigin.get(origin) ?? new Set();
  byOrigin.set(origin, known);
  return known;
}

/** node:http notes on a socket which request it carries: ours, or one of the app's own. An agent clears the note. */
function isIdle(socket: Socket & { _httpMessage?: unknown }): boolean {
  return !socket._httpMessage;
}
