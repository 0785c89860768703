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
  Res,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportSerializer, PassportStrategy } from '@nestjs/passport';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request, Response } from 'express';
import session from 'express-session';
import passport from 'passport';
import { FreedomIdError, type FreedomIdProfile, FreedomIdStrategy } from '../../lib';
import {
  answerOf,
  customAnswer,
  errorAnswer,
  type Host,
  type HostOptions,
  loginOptions,
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

/** Nest's guard gives Passport its own callback, so Passport's options for failures do nothing here. */
class FreedomIdGuard extends AuthGuard('freedom-id') {
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
    if (!user) throw new HttpException((info as Error | undefined)?.message ?? 'Unauthorized', status ?? 401);
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

class StartConnecting extends AuthGuard('freedom-id') {
  override getAuthenticateOptions() {
    return { callbackURL: 'connected' };
  }
}

/** In place of a custom callback of `passport.authenticate`. */
class Custom extends AuthGuard('freedom-id') {
  constructor() {
    super({ property: 'outcome' });
  }

  override handleRequest(error: unknown, user: unknown, info: unknown, _context: unknown, status?: unknown) {
    // biome-ignore lint/suspicious/noExplicitAny: the guard's type lets a caller choose what is returned
    return customAnswer(error, user, info, status) as any;
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
    host.switchToHttp().getResponse<Response>().status(status).json(answer);
  }
}

@Controller('auth')
@UseFilters(ShowFreedomIdError)
class AuthController {
  @Get('login')
  @UseGuards(FreedomIdGuard)
  login() {}

  @Get('callback')
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

@Controller()
class PagesController {
  @Get('me')
  me(@Req() { user = null }: { user?: unknown }) {
    return { user };
  }

  @Get('logout')
  logout(@Req() req: Request, @Res() res: Response) {
    req.logout(() => res.json({ user: null }));
  }

  @Get('sign-in')
  signIn(@Req() { session }: { session: { messages?: string[] } }) {
    return { messages: session.messages };
  }
}

/** Nest creates the only instance of the strategy class, and this instance registers itself with Passport. */
export async function startNest(
  Strategy: new () => FreedomIdStrategy,
  { trustProxy }: Pick<HostOptions, 'trustProxy'>,
) {
  @Module({
    controllers: [AuthController, PagesController],
    providers: [Strategy, SessionSerializer],
  })
  class AppModule {}

  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    logger: false,
    forceCloseConnections: true,
  });
  app.set('trust proxy', trustProxy);
  app.use(session({ secret: 'test', resave: false, saveUninitialized: false }));
  app.use(passport.session());
  await app.listen(0, '127.0.0.1');
  return { url: await app.getUrl(), close: () => app.close() };
}

export const nest: Host = {
  name: 'Nest 12 with @nestjs/passport, on Express',
  forwardedValue: 'first',
  async start({ strategy, trustProxy }) {
    class Strategy extends PassportStrategy(FreedomIdStrategy) {
      constructor() {
        super(strategyOptions(strategy));
      }

      async validate(_accessToken: string, _refreshToken: string, { id }: FreedomIdProfile) {
        return { id };
      }
    }
    return startNest(Strategy, { trustProxy });
  },
};
