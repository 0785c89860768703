import fastifyCookie from '@fastify/cookie';
import { Authenticator } from '@fastify/passport';
import secureSession from '@fastify/secure-session';
import fastifySession from '@fastify/session';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import {
  answerOf,
  CONNECT,
  customAnswer,
  errorAnswer,
  type Host,
  loginOptions,
  makeStrategies,
  OR_PAGE,
  STRATEGIES,
  type StrategyName,
} from './host';

/** The two session plugins have no type in common. */
interface Session {
  get(key: string): unknown;
}

export async function inMemory(app: FastifyInstance): Promise<void> {
  await app.register(fastifyCookie);
  await app.register(fastifySession, {
    secret: 'a secret of at least 32 characters',
    saveUninitialized: false,
    cookie: { secure: 'auto' },
  });
}

export async function inCookie(app: FastifyInstance): Promise<void> {
  await app.register(secureSession, { key: Buffer.alloc(32, 'test'), cookie: { path: '/' } });
}

export function fastifyHost(name: string, sessions: (app: FastifyInstance) => Promise<void>): Host {
  return {
    name,
    forwardedValue: 'last',
    async start({ strategy, trustProxy }) {
      // In place of `keepSessionInfo`, which keeps nothing with secure-session.
      const passport = new Authenticator({ clearSessionIgnoreFields: [...STRATEGIES] });
      for (const one of makeStrategies(strategy)) passport.use(one);
      passport.registerUserSerializer(async (user) => user);
      passport.registerUserDeserializer(async (user) => user);
      const answer = async (request: FastifyRequest) => answerOf(request);

      const loginRoutes = (name: StrategyName) => async (auth: FastifyInstance) => {
        const guard = (options: object) => ({ preValidation: passport.authenticate(name, options) });
        auth.get('/login', async function (request, reply) {
          return passport.authenticate(name, loginOptions(request.url)).call(this, request, reply);
        });
        auth.get('/callback/:state?', guard({}), answer);
        auth.get('/callback-or-page', guard(OR_PAGE), answer);
        const custom = passport.authenticate(name, async (_request, reply, ...args) => {
          await reply.send(customAnswer(...args));
        });
        auth.get('/callback-custom', { preValidation: custom }, answer);
        auth.get('/connect', { preValidation: passport.authorize(name, CONNECT) }, answer);
        auth.get('/connected', { preValidation: passport.authorize(name) }, answer);
      };

      const app = fastify({ trustProxy, forceCloseConnections: true });
      await sessions(app);
      await app.register(passport.initialize());
      await app.register(passport.secureSession());
      app.setErrorHandler((error, _request, reply) => {
        const { status, ...answer } = errorAnswer(error);
        return reply.status(status).send(answer);
      });
      for (const name of STRATEGIES) await app.register(loginRoutes(name), { prefix: `/${name}` });
      app.get('/me', async ({ user }) => ({ user: user ?? null }));
      app.get('/logout', async (request) => {
        await request.logout();
        return { user: null };
      });
      app.get('/sign-in', async ({ session }) => ({ messages: (session as Session).get('messages') }));
      const url = await app.listen({ host: '127.0.0.1', port: 0 });
      return { url, close: () => app.close() };
    },
  };
}
