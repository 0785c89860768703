// Express 5, with sessions in memory. README.md says how to start it.
import express, { type NextFunction, type Request, type Response } from 'express';
import session from 'express-session';
import passport from 'passport';
import { FreedomIdError, type FreedomIdProfile, FreedomIdStrategy } from 'passport-freedom-id';

passport.use(
  new FreedomIdStrategy(
    {
      clientID: setting('FREEDOM_ID_CLIENT_ID'),
      clientSecret: setting('FREEDOM_ID_CLIENT_SECRET'),
      callbackURL: setting('FREEDOM_ID_CALLBACK_URL'),
      // Where the emulator is. Without it, users sign in at the live Freedom ID.
      baseURL: process.env.FREEDOM_ID_URL,
      scope:
        'read.firstname read.lastname read.patronymic read.date_of_birth read.gender read.email read.phone',
    },
    // Return your user for this profile, or false to let nobody in.
    async (_accessToken, _refreshToken, profile) => profile,
  ),
);
// The session keeps the whole user. With a database, keep the id, and look the user up.
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser<Express.User>((user, done) => done(null, user));

const app = express();
app.use(
  session({
    secret: setting('SESSION_SECRET'),
    resave: false,
    saveUninitialized: false,
    // Not `strict`: the browser comes back from another site, and must send its cookie.
    cookie: { sameSite: 'lax', secure: 'auto' },
  }),
);
app.use(passport.session());

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
    successRedirect: '/profile',
    failureRedirect: '/login-failed',
    failureMessage: true,
    // Passport starts a new session at every login. This keeps the logins that wait in other tabs.
    keepSessionInfo: true,
  }),
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

const port = Number(process.env.PORT || 3000);
// 127.0.0.1: only this machine reaches it. In a container, leave it out.
app.listen(port, '127.0.0.1', (error) => {
  if (error) throw error;
  console.log(`Open http://localhost:${port}`);
});

function userOf(req: Request): User {
  return req.user as User;
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
