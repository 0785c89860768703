import { randomBytes } from 'node:crypto';
import { Authenticator } from '@fastify/passport';
import secureSession from '@fastify/secure-session';
import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import { type FreedomIdProfile, FreedomIdStrategy } from 'passport-freedom-id';
import type { Connection } from '../connection';
import { failedPage, homePage, messagePage, profilePage } from '../pages';

declare module '@fastify/secure-session' {
  interface SessionData {
    messages: string[];
  }
}

/** The demo with Fastify 5: sessions in an encrypted cookie. */
export async function createApp(connection: Connection): Promise<FastifyInstance> {
  // In place of your app's database.
  const users = new Map<string, FreedomIdProfile>();

  // A new session starts at every login. This keeps the logins that wait in other tabs.
  const passport = new Authenticator({ clearSessionIgnoreFields: ['freedom-id'] });
  passport.use(
    new FreedomIdStrategy(
      {
        ...connection,
        callbackURL: '/auth/freedom-id/callback',
        scope: ['read.firstname', 'read.lastname', 'read.email'],
      },
      async (_accessToken, _refreshToken, profile) => {
        users.set(profile.id, profile);
        return profile;
      },
    ),
  );
  passport.registerUserSerializer(async (user: FreedomIdProfile) => user.id);
  passport.registerUserDeserializer(async (id: string) => users.get(id) ?? false);

  const app = fastify();
  await app.register(secureSession, {
    // In your app, use a fixed key from its configuration: with a random one, a restart signs everybody out.
    key: randomBytes(32),
    // Lax, not strict: the browser comes back from another site, and must bring the session.
    cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure: 'auto' },
  });
  await app.register(passport.initialize());
  await app.register(passport.secureSession());

  app.get('/', (req, reply) => reply.type('text/html').send(homePage(userOf(req))));

  app.get('/profile', (req, reply) => {
    const user = userOf(req);
    return user ? reply.type('text/html').send(profilePage(user)) : reply.redirect('/');
  });

  app.get('/auth/freedom-id', passport.authenticate('freedom-id'));

  app.get(
    '/auth/freedom-id/callback',
    {
      preValidation: passport.authenticate('freedom-id', {
        failureRedirect: '/login-failed',
        failureMessage: true,
      }),
    },
    (_req, reply) => reply.redirect('/profile'),
  );

  app.get('/login-failed', (req, reply) => {
    const messages = req.session.get('messages') ?? [];
    req.session.set('messages', undefined);
    const text = messages.at(-1) ?? 'Please start again.';
    return reply
      .status(401)
      .type('text/html')
      .send(failedPage(text, userOf(req)));
  });

  app.post('/logout', async (req, reply) => {
    await req.logout();
    return reply.redirect('/');
  });

  // FreedomIdError has a status for the response: 502 or 504. Its message holds no secret, so it may be logged.
  app.setErrorHandler<FastifyError & { status?: number }>((error, req, reply) => {
    console.error(error);
    const text = 'Freedom ID cannot be used at the moment. Please try again later.';
    return reply
      .status(error.status ?? 500)
      .type('text/html')
      .send(messagePage('Sorry', text, userOf(req)));
  });

  return app;
}

function userOf(req: FastifyRequest): FreedomIdProfile | undefined {
  return (req.user as FreedomIdProfile | null) ?? undefined;
}
