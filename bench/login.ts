import { approve, USER_ID } from './answers';
import type { Strategy } from './peer';

/** The request of a browser that comes back from the provider. */
export type CallbackRequest = object;

/** The first leg. @returns the request that follows it */
export async function startLogin(strategy: Strategy, session: object = {}): Promise<CallbackRequest> {
  const location = await run(strategy, requestFor('https://app.example/login', session));
  return requestFor(approve(location as string), session);
}

/** The second leg. @throws where it does not sign in the provider's user */
export async function finishLogin(strategy: Strategy, req: CallbackRequest): Promise<void> {
  const { id } = (await run(strategy, req)) as { id: unknown };
  if (id !== USER_ID) throw new Error(`${id} was signed in`);
}

/** A request with those members of an Express request that the strategies here read. */
function requestFor(href: string, session: object): CallbackRequest {
  const { protocol, host, pathname, search, searchParams } = new URL(href);
  const url = pathname + search;
  return {
    method: 'GET',
    url,
    originalUrl: url,
    protocol: protocol.slice(0, -1),
    host,
    headers: { host },
    query: Object.fromEntries(searchParams),
    session,
    socket: {},
  };
}

/** Calls a strategy as Passport does: with an object for each request that has the actions on it. */
function run(strategy: Strategy, req: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const copy: Strategy & Record<string, unknown> = Object.create(strategy);
    copy.redirect = resolve;
    copy.success = resolve;
    copy.fail = (info: unknown) => reject(new Error(`the login failed: ${JSON.stringify(info)}`));
    copy.error = reject;
    copy.authenticate(req, {});
  });
}
