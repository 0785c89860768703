import type { Agent } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The open connections that have carried a request of ours, by agent and origin. An agent's own lists are not enough: a proxy
 * agent may keep its connections in other agents, which cannot be seen from here.
 */
const connections = new WeakMap<Agent, Map<string, Set<Socket>>>();

/** @returns whether the connection has carried a request of ours before */
export function noteConnection(agent: Agent, origin: string, socket: Socket): boolean {
  const known = connectionsOf(agent, origin);
  if (known.has(socket)) return true;
  known.add(socket);
  socket.once('close', () => known.delete(socket));
  // The connection has become something else, such as a WebSocket.
  socket.once('agentRemove', () => known.delete(socket));
  return false;
}

/** Closes the connections that have carried a request to this origin and are idle now. */
export function closeIdle(agent: Agent, origin: string): void {
  for (const socket of connectionsOf(agent, origin)) if (isIdle(socket)) socket.destroy();
}

function connectionsOf(agent: Agent, origin: string): Set<Socket> {
  const byOrigin = connections.get(agent) ?? new Map<string, Set<Socket>>();
  const known = byOrigin.get(origin) ?? new Set<Socket>();
  if (known.size === 0) connections.set(agent, byOrigin.set(origin, known));
  return known;
}

/** node:http sets `_httpMessage` on a socket while it carries a request, of ours or of the app. The agent clears it. */
function isIdle(socket: Socket & { _httpMessage?: unknown }): boolean {
  return !socket._httpMessage;
}
