// Fastify 5, with sessions in an encrypted cookie. README.md says how to start it.
import { createHash } from 'node:crypto';
import { Authenticator } from '@fastify/passport';
import secureSession from '@fastify/secure-session';
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import { FreedomIdError, type FreedomIdProfile, FreedomIdStrategy } from 'passport-freedom-id';

declare module '@fastify/secure-session' {
  interface SessionData {
    messages: string[];
  }
}

// In place of your database: a cookie has no room for a whole user.
const users = new Map<string, FreedomIdProfile>();

// A new session starts at every login. This keeps the logins that wait in other tabs.
const passport = new Authenticator({ clearSessionIgnoreFields: ['freedom-id'] });
passport.use(
  new FreedomIdStrategy(
    {
      clientID: setting('FREEDOM_ID_CLIENT_ID'),
      clientSecret: setting('FREEDOM_ID_CLIENT_SECRET'),
      callbackURL: setting('FREEDOM_ID_CALLBACK_URL'),
      // Where the emulator is. Without it, users sign in at the live Freedom ID.
      baseURL: process.env.FREEDOM_ID_URL,
      scope: 'read.firstname read.lastname read.email',
    },
    // Return your user for this profile, or false to let nobody in.
    async (_accessToken, _refreshToken, profile) => {
      users.set(profile.id, profile);
      return profile;
    },
  ),
);
passport.registerUserSerializer(async (user: FreedomIdProfile) => user.id);
passport.registerUserDeserializer(async (id: string) => users.get(id) ?? false);

const app = fastify();
app.register(secureSession, {
  // A key has 32 bytes.
  key: createHash('sha256').update(setting('SESSION_SECRET')).digest(),
  // Not `strict`: the browser comes back from another site, and must send its cookie.
  cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure: 'auto' },
});
app.register(passport.initialize());
app.register(passport.secureSession());

app.get('/', (req, reply) => send(reply, homePage(userOf(req))));

app.get('/profile', (req, reply) => {
  const user = userOf(req);
  return user ? send(reply, profilePage(user)) : reply.redirect('/');
});

app.get('/auth/freedom-id', passport.authenticate('freedom-id'));

app.get(
  '/auth/freedom-id/callback',
  passport.authenticate('freedom-id', {
    successRedirect: '/profile',
    failureRedirect: '/login-failed',
    failureMessage: true,
  }),
);

app.get('/login-failed', (req, reply) => {
  // `failureMessage` has put the reason there. It is fit for users.
  const reason = req.session.get('messages')?.at(-1) ?? 'Please start again.';
  req.session.set('messages', undefined);
  return send(reply.status(401), failedPage(reason, userOf(req)));
});

// The form of the sign-out has nothing in it, but Fastify answers 415 to what it has no parser for.
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_req, _body, done) =>
  done(null),
);

app.post('/logout', async (req, reply) => {
  await req.logout();
  return reply.redirect('/');
});

app.setErrorHandler<FastifyError & { status?: number }>((error, req, reply) => {
  // What FreedomIdError says is for you: what to check. It holds no secret.
  console.error(error);
  // Its status is 504 after a timeout, else 502.
  const status = error.status ?? error.statusCode ?? 500;
  return send(reply.status(status), errorPage(error, userOf(req)));
});

const port = Number(process.env.PORT || 3000);
// Only this machine reaches it. In a container, listen at 0.0.0.0.
app.listen({ port, host: '127.0.0.1' }).then(() => console.log(`Open http://localhost:${port}`));

function userOf(req: FastifyRequest): User {
  return (req.user as FreedomIdProfile | null) ?? undefined;
}

function send(reply: FastifyReply, page: string): FastifyReply {
  return reply.type('text/html').send(page);
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
