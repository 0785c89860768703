import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  HttpException,
  Module,
  Req,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportSerializer, PassportStrategy } from '@nestjs/passport';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Request, Response } from 'express';
import session from 'express-session';
import type { FastifyReply } from 'fastify';
import passport from 'passport';
import { FreedomIdError, type FreedomIdProfile, FreedomIdStrategy } from '../../lib';
import { type FreedomIdOidcProfile, FreedomIdOidcStrategy } from '../../lib/oidc/index';
import { inMemory } from './fastify';
import {
  answerOf,
  customAnswer,
  errorAnswer,
  type Host,
  type HostOptions,
  loginOptions,
  oidcOptions,
  STRATEGIES,
  type StrategyName,
  strategyOptions,
} from './host';

class SessionSerializer extends PassportSerializer {
  serializeUser(user: unknown, done: (error: null, user: unknown) => void) {
    done(null, user);
  }

  deserializeUser(user: unknown, done: (error: null, user: unknown) => void) {
    done(null, user);
  }
}

/** In place of `failureRedirect` and `failureMessage`. */
@Catch(HttpException)
class ToSignInPage implements ExceptionFilter {
  catch({ message }: HttpException, host: ArgumentsHost) {
    const [req, res] = host.getArgs<[Request, Response]>();
    Object.assign(req.session, { messages: [message] });
    res.redirect('/sign-in');
  }
}

/** Without this filter, Nest answers 500: Nest does not know the status of other libraries' errors. */
@Catch(FreedomIdError)
class ShowFreedomIdError implements ExceptionFilter {
  catch(error: FreedomIdError, host: ArgumentsHost) {
    const { status, ...answer } = errorAnswer(error);
    host.switchToHttp().getResponse<Response>().status(status).send(answer);
  }
}

/** The routes of one strategy, and their guards. */
function loginRoutes(name: StrategyName) {
  /** Nest's guard gives Passport its own callback, so Passport's options for failures do nothing here. */
  class FreedomIdGuard extends AuthGuard(name) {
    override getAuthenticateOptions(context: ExecutionContext) {
      return loginOptions(context.switchToHttp().getRequest<Request>().url);
    }

    // Nest's own method makes every failure a 401. This one passes Passport's status on.
    override handleRequest<User>(
      error: unknown,
      user: User,
      info: unknown,
      _context: unknown,
      status?: number,
    ) {
      if (error) throw error;
      if (!user)
        throw new HttpException((info as Error | undefined)?.message ?? 'Unauthorized', status ?? 401);
      return user;
    }
  }

  class SignIn extends FreedomIdGuard {
    constructor() {
      super({ keepSessionInfo: true });
    }

    override async canActivate(context: ExecutionContext) {
      await super.canActivate(context);
      await this.logIn(context.switchToHttp().getRequest());
      return true;
    }
  }

  /** In place of `passport.authorize`: the account is stored beside the user. */
  class Connect extends FreedomIdGuard {
    constructor() {
      super({ property: 'account' });
    }
  }

  class StartConnecting extends AuthGuard(name) {
    override getAuthenticateOptions() {
      return { callbackURL: 'connected' };
    }
  }

  /** In place of a custom callback of `passport.authenticate`. */
  class Custom extends AuthGuard(name) {
    constructor() {
      super({ property: 'outcome' });
    }

    override handleRequest(
      error: unknown,
      user: unknown,
      info: unknown,
      _context: unknown,
      status?: unknown,
    ) {
      // biome-ignore lint/suspicious/noExplicitAny: the guard's type lets a caller choose what is returned
      return customAnswer(error, user, info, status) as any;
    }
  }

  @Controller(name)
  @UseFilters(ShowFreedomIdError)
  class LoginController {
    @Get('login')
    @UseGuards(FreedomIdGuard)
    login() {}

    @Get(['callback', 'callback/:state'])
    @UseGuards(SignIn)
    callback(@Req() req: Request) {
      return answerOf(req);
    }

    @Get('callback-or-page')
    @UseGuards(SignIn)
    @UseFilters(ToSignInPage)
    callbackOrPage(@Req() req: Request) {
      return answerOf(req);
    }

    @Get('callback-custom')
    @UseGuards(Custom)
    callbackCustom(@Req() { outcome }: Request & { outcome?: object }) {
      return outcome;
    }

    @Get('connect')
    @UseGuards(StartConnecting)
    connect() {}

    @Get('connected')
    @UseGuards(Connect)
    connected(@Req() req: Request) {
      return answerOf(req);
    }
  }
  return LoginController;
}

@Controller()
class PagesController {
  @Get('me')
  me(@Req() { user = null }: { user?: unknown }) {
    return { user };
  }

  @Get('logout')
  async logout(@Req() req: Request) {
    await new Promise<void>((done) => req.logout(() => done()));
    return { user: null };
  }

  @Get('sign-in')
  signIn(@Req() { session }: { session: { messages?: string[] } }) {
    return { messages: session.messages };
  }
}

type StrategyClass = new () => object;

/** Nest creates the only instance of a strategy class, and this instance registers itself with Passport. */
function moduleWith(strategies: StrategyClass[]) {
  @Module({
    controllers: [...STRATEGIES.map(loginRoutes), PagesController],
    providers: [...strategies, SessionSerializer],
  })
  class AppModule {}
  return AppModule;
}

const QUIET = { logger: false, forceCloseConnections: true } as const;

export async function startNest(
  strategies: StrategyClass[],
  { trustProxy }: Pick<HostOptions, 'trustProxy'>,
) {
  const app = await NestFactory.create<NestExpressApplication>(moduleWith(strategies), QUIET);
  app.set('trust proxy', trustProxy);
  app.use(session({ secret: 'test', resave: false, saveUninitialized: false }));
  app.use(passport.session());
  await app.listen(0, '127.0.0.1');
  return { url: await app.getUrl(), close: () => app.close() };
}

/** Passport was made for Express: it calls two methods on the response that Fastify's reply lacks. */
async function startNestOnFastify(
  strategies: StrategyClass[],
  { trustProxy }: Pick<HostOptions, 'trustProxy'>,
) {
  const adapter = new FastifyAdapter({ trustProxy });
  const app = await NestFactory.create<NestFastifyApplication>(moduleWith(strategies), adapter, QUIET);
  const fastify = adapter.getInstance();
  fastify.decorateReply('setHeader', function (this: FastifyReply, name: string, value: string) {
    this.header(name, value);
  });
  fastify.decorateReply('end', function (this: FastifyReply, text?: string) {
    this.send(text);
  });
  await inMemory(fastify);
  const signedIn = passport.session() as (req: object, reply: object, done: () => void) => void;
  fastify.addHook('preValidation', (req, reply, done) => {
    signedIn(req, reply, done);
  });
  await app.listen(0, '127.0.0.1');
  return { url: await app.getUrl(), close: () => app.close() };
}

function nestHost(name: string, forwardedValue: Host['forwardedValue'], startApp: typeof startNest): Host {
  return {
    name,
    forwardedValue,
    async start({ strategy, trustProxy }) {
      class Strategy extends PassportStrategy(FreedomIdStrategy) {
        constructor() {
          super(strategyOptions(strategy));
        }

        async validate(_accessToken: string, _refreshToken: string, { id }: FreedomIdProfile) {
          return { id };
        }
      }
      class OidcStrategy extends PassportStrategy(FreedomIdOidcStrategy) {
        constructor() {
          super(oidcOptions(strategy));
        }

        async validate(_accessToken: string, _refreshToken: string, { id }: FreedomIdOidcProfile) {
          return { id };
        }
      }
      return startApp([Strategy, OidcStrategy], { trustProxy });
    },
  };
}

export const nest = nestHost('Nest 12 with @nestjs/passport, on Express', 'first', startNest);
export const nestOnFastify = nestHost(
  'Nest 12 with @nestjs/passport, on Fastify',
  'last',
  startNestOnFastify,
);
