// Koa 3, with sessions in a signed cookie. README.md says how to start it.
import Router from '@koa/router';
import Koa from 'koa';
import passport from 'koa-passport';
import session from 'koa-session';
import { FreedomIdError, type FreedomIdProfile, FreedomIdStrategy } from 'passport-freedom-id';

// In place of your database: a cookie has no room for a whole user.
const users = new Map<string, FreedomIdProfile>();

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
passport.serializeUser<string>((user, done) => done(null, (user as FreedomIdProfile).id));
passport.deserializeUser<string>((id, done) => done(null, users.get(id) ?? false));

const app = new Koa();
app.keys = [setting('SESSION_SECRET')];

app.use(async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    // What FreedomIdError says is for you: what to check. It holds no secret.
    console.error(error);
    // Its status is 504 after a timeout, else 502.
    ctx.status = (error as { status?: number }).status ?? 500;
    ctx.body = errorPage(error, ctx.state.user);
  }
});
// Not `strict`: the browser comes back from another site, and must send its cookie.
app.use(session({ sameSite: 'lax' }, app));
app.use(passport.initialize());
app.use(passport.session());

const router = new Router();

router.get('/', (ctx) => {
  ctx.body = homePage(ctx.state.user);
});

router.get('/profile', (ctx) => {
  if (ctx.state.user) ctx.body = profilePage(ctx.state.user);
  else ctx.redirect('/');
});

router.get('/auth/freedom-id', passport.authenticate('freedom-id'));

router.get(
  '/auth/freedom-id/callback',
  passport.authenticate('freedom-id', {
    successRedirect: '/profile',
    failureRedirect: '/login-failed',
    failureMessage: true,
  }),
);

router.get('/login-failed', (ctx) => {
  // `failureMessage` has put the reason there. It is fit for users.
  const session = ctx.session as { messages?: string[] };
  const reason = session.messages?.at(-1) ?? 'Please start again.';
  delete session.messages;
  ctx.status = 401;
  ctx.body = failedPage(reason, ctx.state.user);
});

router.post('/logout', async (ctx) => {
  await ctx.logout();
  ctx.redirect('/');
});

app.use(router.routes());

const port = Number(process.env.PORT || 3000);
// 127.0.0.1: only this machine reaches it. In a container, leave it out.
app.listen(port, '127.0.0.1', () => console.log(`Open http://localhost:${port}`));

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
