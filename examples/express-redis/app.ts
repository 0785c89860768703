// Express 5 with its sessions in Redis: any number of processes may serve it behind a balancer, and whoever leaves Freedom ID is
// signed out at all of them. First comes the app, as in the example express, then the logins in Redis, then the pages. README.md
// says how to start it.
import { RedisStore } from 'connect-redis';
import express, { type NextFunction, type Request, type Response } from 'express';
import session from 'express-session';
import passport from 'passport';
import {
  FreedomIdError,
  type FreedomIdProfile,
  FreedomIdStrategy,
  revocationHandler,
  type VerifyFunctionWithParams,
} from 'passport-freedom-id';
import { createClient } from 'redis';

/** Seconds that a session lasts without a request. */
const SESSION_LIFE = 24 * 60 * 60;
/** Seconds that a revoked id is remembered: longer than a login or a renewal takes. */
const REVOCATION_LIFE = 5 * 60;
/** Seconds before the access token expires in which it is renewed. */
const EARLY = 5 * 60;
/** Seconds that one renewal may take, and until one that has failed is tried again. */
const RENEWAL_LIFE = 60;

const key = {
  login: (sessionID: string) => `freedom-id:login:${sessionID}`,
  renewal: (sessionID: string) => `freedom-id:renewal:${sessionID}`,
  // Ids of tokens are UUIDs: their case says nothing.
  sessions: (tokenId: string) => `freedom-id:sessions:${tokenId.toLowerCase()}`,
  revocation: (tokenId: string) => `freedom-id:revocation:${tokenId.toLowerCase()}`,
};

// The tokens are no part of the user. As info, they come to the route of the callback in `req.authInfo`.
const verify: VerifyFunctionWithParams = (accessToken, refreshToken, params, profile, done) => {
  const { id, access_expire_at: accessExpiresAt } = params;
  done(null, profile, { id, accessToken, refreshToken, accessExpiresAt } satisfies Tokens);
};
const strategy = new FreedomIdStrategy(
  {
    clientID: setting('FREEDOM_ID_CLIENT_ID'),
    clientSecret: setting('FREEDOM_ID_CLIENT_SECRET'),
    callbackURL: setting('FREEDOM_ID_CALLBACK_URL'),
    // Where the emulator is. Without it, users sign in at the live Freedom ID.
    baseURL: process.env.FREEDOM_ID_URL,
    scope: 'read.firstname read.lastname read.email',
  },
  verify,
);
passport.use(strategy);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser<Express.User>((user, done) => done(null, user));

/** Whether Redis was there at the start. */
let isStarted = false;
const redis = openRedis();
const store = new RedisStore({ client: redis, ttl: SESSION_LIFE });
// A login ends with its session: at a logout, and when somebody signs in again in the same browser.
store.destroy = (sessionID, done) => endLogin(sessionID).then(() => done?.(), done);

const app = express();

// Freedom ID posts here when somebody leaves it: its support must know this URL.
app.post('/freedom-id/revoked', revocationHandler(revoke, { onError: (error) => console.error(error) }));

app.use(
  session({
    // Every process needs the same one.
    secret: setting('SESSION_SECRET'),
    store,
    resave: false,
    saveUninitialized: false,
    // Not `strict`: the browser comes back from another site, and must send its cookie.
    cookie: { sameSite: 'lax', secure: 'auto' },
  }),
);
app.use(passport.session());
app.use(async (req, _res, next) => {
  if (!req.user || (await keepLogin(req.sessionID))) next();
  else req.logout(next);
});

app.get('/', (req, res) => {
  res.send(homePage(userOf(req)));
});

app.get('/profile', (req, res) => {
  const user = userOf(req);
  if (user) res.send(profilePage(user));
  else res.redirect('/');
});

app.get('/auth/freedom-id', passport.authenticate('freedom-id'));

app.get(
  '/auth/freedom-id/callback',
  passport.authenticate('freedom-id', {
    failureRedirect: '/login-failed',
    failureMessage: true,
    // Passport starts a new session at every login. This keeps the logins that wait in other tabs.
    keepSessionInfo: true,
  }),
  async (req, res) => {
    await beginLogin(req.sessionID, req.authInfo as Tokens);
    res.redirect('/profile');
  },
);

app.get('/login-failed', (req, res) => {
  // `failureMessage` has put the reason there. It is fit for users.
  const session = req.session as { messages?: string[] };
  const reason = session.messages?.at(-1) ?? 'Please start again.';
  delete session.messages;
  res.status(401).send(failedPage(reason, userOf(req)));
});

app.post('/logout', (req, res, next) => {
  req.logout((error) => (error ? next(error) : res.redirect('/')));
});

app.use((error: Error & { status?: number }, req: Request, res: Response, _next: NextFunction) => {
  // What FreedomIdError says is for you: what to check. It holds no secret.
  console.error(error);
  // Its status is 504 after a timeout, else 502.
  res.status(error.status ?? 500).send(errorPage(error, userOf(req)));
});

redis.connect().then(listen, (error: Error) => {
  console.error(`Redis cannot be used (${error.message}). Set REDIS_URL to one that runs.`);
  process.exit(1);
});

function listen(): void {
  isStarted = true;
  const port = Number(process.env.PORT || 3000);
  // 127.0.0.1: only this machine reaches it. In a container, leave it out.
  app.listen(port, '127.0.0.1', (error) => {
    if (error) throw error;
    console.log(`Open http://localhost:${port}`);
  });
}

/** If there is no Redis at the start, it fails. If Redis goes away later, requests wait until it is back. */
function openRedis() {
  const url = setting('REDIS_URL');
  // The error has no URL: it may hold a password.
  if (!URL.canParse(url)) throw new Error('REDIS_URL is not a URL, such as redis://127.0.0.1:6379.');
  const reconnectStrategy = (retries: number) => isStarted && Math.min(100 * retries, 2_000);
  const client = createClient({ url, socket: { reconnectStrategy } });
  // Without a listener, a lost connection would end the process.
  return client.on('error', (error: Error) => {
    if (isStarted) console.error(`Redis: ${error.message}`);
  });
}

function userOf(req: Request): User {
  return req.user as User;
}

// The logins. Each has a key of its own beside the session, because a request that is under way saves the session as it has read
// it: it may bring back what was ended or renewed meanwhile. So a session is signed in as long as its login is there.

/**
 * What a login yields. Whoever can read Redis can read the users' data at Freedom ID with these: Redis needs a password, TLS, and
 * backups that nobody else sees. An app that asks Freedom ID for nothing after the login keeps the ids alone.
 */
interface Tokens {
  id?: string | undefined;
  accessToken: string;
  refreshToken?: string | undefined;
  accessExpiresAt?: string | undefined;
}

interface Login extends Tokens {
  /** Those of earlier tokens, too: which one a sign-out names after a renewal is not documented. */
  ids: string[];
}

/** @param sessionID - of the new session, which Passport has started for whoever has signed in */
async function beginLogin(sessionID: string, tokens: Tokens): Promise<void> {
  await saveLogin(sessionID, tokens, []);
}

/** To be called with each request of a session that is signed in. @returns false if it is so no longer */
async function keepLogin(sessionID: string): Promise<boolean> {
  const login = await findLogin(sessionID);
  if (!login) return false;
  const extend = redis.multi().expire(key.login(sessionID), SESSION_LIFE);
  for (const id of login.ids) extend.expire(key.sessions(id), SESSION_LIFE);
  await extend.exec();
  return isOld(login) ? renewLogin(sessionID) : true;
}

async function endLogin(sessionID: string): Promise<void> {
  const login = await findLogin(sessionID);
  const end = redis.multi().del([key.login(sessionID), store.prefix + sessionID]);
  for (const id of login?.ids ?? []) end.sRem(key.sessions(id), sessionID);
  await end.exec();
}

/** Ends the logins that belong to a token, and no others. */
async function revoke(tokenId: string): Promise<void> {
  // First: a login that is under way saves itself, and then looks whether its token is revoked.
  await redis.set(key.revocation(tokenId), '', { expiration: { type: 'EX', value: REVOCATION_LIFE } });
  for (const sessionID of await redis.sMembers(key.sessions(tokenId))) await endLogin(sessionID);
}

/** For your own requests to Freedom ID: `(await findLogin(req.sessionID))?.accessToken`. */
async function findLogin(sessionID: string): Promise<Login | undefined> {
  const json = await redis.get(key.login(sessionID));
  return json === null ? undefined : JSON.parse(json);
}

/** @param condition - `XX` saves it only where there is one already */
async function saveLogin(
  sessionID: string,
  tokens: Tokens,
  olderIds: string[],
  condition?: 'XX',
): Promise<void> {
  const ids = [...new Set(tokens.id ? [...olderIds, tokens.id] : olderIds)];
  const login: Login = { ...tokens, ids };
  const expiration = { type: 'EX', value: SESSION_LIFE } as const;
  const save = redis
    .multi()
    .set(key.login(sessionID), JSON.stringify(login), { expiration, ...(condition && { condition }) });
  for (const id of ids) save.sAdd(key.sessions(id), sessionID).expire(key.sessions(id), SESSION_LIFE);
  await save.exec();
  for (const id of ids) {
    if (await redis.exists(key.revocation(id))) await endLogin(sessionID);
  }
}

/** @returns false if the login has ended */
async function renewLogin(sessionID: string): Promise<boolean> {
  // One process alone: Freedom ID may accept a refresh token only once. The others go on with the old access token, which is still
  // good for some minutes.
  const turn = { condition: 'NX', expiration: { type: 'EX', value: RENEWAL_LIFE } } as const;
  if ((await redis.set(key.renewal(sessionID), '', turn)) === null) return true;
  // Another process may have renewed the token just before.
  const login = await findLogin(sessionID);
  if (!login?.refreshToken || !isOld(login)) return login !== undefined;
  try {
    const renewed = await strategy.client.refreshTokens(login.refreshToken);
    const { id, accessToken, refreshToken = login.refreshToken } = renewed;
    const accessExpiresAt = renewed.accessExpiresAt?.toISOString();
    // It may have ended meanwhile.
    await saveLogin(sessionID, { id, accessToken, refreshToken, accessExpiresAt }, login.ids, 'XX');
  } catch (error) {
    // An outage signs nobody out. A refresh token that is dead does: the sign-out may not have come through.
    if (isDead(error)) await endLogin(sessionID);
    else console.error(error);
  }
  return (await findLogin(sessionID)) !== undefined;
}

function isOld({ accessExpiresAt }: Login): boolean {
  return accessExpiresAt !== undefined && Date.parse(accessExpiresAt) - Date.now() < EARLY * 1000;
}

function isDead(error: unknown): boolean {
  if (!(error instanceof FreedomIdError) || error.code !== 'ERR_FREEDOM_ID_REJECTED') return false;
  return [200, 400, 401].includes(error.httpStatus ?? 0) && error.providerCode !== 'invalid_client';
}

/** A setting from `.env`, which must be there. */
function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set. README.md says what to set, and how to start the app.`);
  return value;
}

// The pages.

type User = FreedomIdProfile | undefined;

function homePage(user: User): string {
  return user
    ? page(`Hello, ${nameOf(user)}!`, '<a href="/profile">See your profile</a>', user)
    : page('Welcome', '<a href="/auth/freedom-id">Sign in with Freedom ID</a>', user);
}

function profilePage(user: FreedomIdProfile): string {
  const { _json: sent, _raw, ...profile } = user;
  return page(nameOf(user), dataOf('Profile', profile) + dataOf('As Freedom ID has sent it', sent), user);
}

function failedPage(reason: string, user: User): string {
  const again = '<a href="/auth/freedom-id">Start again</a>';
  return page('The login failed', `<p>${html(reason)}</p>${again}`, user);
}

function errorPage(error: unknown, user: User): string {
  const isTheirs = error instanceof FreedomIdError;
  const text = isTheirs ? 'Freedom ID cannot be used at the moment.' : 'Something went wrong in this app.';
  const back = '<a href="/">Back to the start</a>';
  return page('Sorry', `<p>${text} Please try again later.</p>${back}`, user);
}

function nameOf(user: FreedomIdProfile): string {
  return user.displayName || 'Unnamed user';
}

function dataOf(title: string, data: object): string {
  return `<h2>${title}</h2><pre>${html(JSON.stringify(data, null, 2))}</pre>`;
}

/** For everything that comes from outside, such as a name: so it cannot become markup. */
function html(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

function page(title: string, content: string, user: User): string {
  // It posts: a link on another site must not sign anybody out.
  const form = '<form method="post" action="/logout">';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(title)}</title>
<style>
  :root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif }
  body { max-width: 42rem; margin: 0 auto; padding: 5vh 1.5rem; overflow-wrap: anywhere }
  form { display: flex; justify-content: space-between; align-items: center; gap: 1rem }
  h1 { margin: 2rem 0 1rem; line-height: 1.2 }
  h2 { margin: 2rem 0 .5rem; font-size: 1rem }
  pre { margin: 0; padding: 1rem; border-radius: .5rem; background: #8882; font-size: .85rem; white-space: pre-wrap }
  a, button { padding: .5rem 1rem; border: 0; border-radius: .5rem; background: #8883; color: inherit; font: inherit }
  button { white-space: nowrap; cursor: pointer }
  a { display: inline-block; margin-top: .5rem; background: #14793f; color: #fff; text-decoration: none }
</style>
${user ? `${form}Signed in as ${html(nameOf(user))} <button>Sign out</button></form>` : ''}
<h1>${html(title)}</h1>
${content}
`;
}
