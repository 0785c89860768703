import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import * as nest from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import type { Request, Response } from 'express';
import session from 'express-session';
import passport from 'passport';
import { FreedomIdError, type FreedomIdProfile, FreedomIdStrategy } from 'passport-freedom-id';
import type { Connection } from '../connection';
import { failedPage, homePage, messagePage, profilePage } from '../pages';

type UserRequest = Request & { user?: FreedomIdProfile };

@nest.Injectable()
class FreedomIdAuth extends PassportStrategy(FreedomIdStrategy) {
  constructor(@nest.Inject('connection') connection: Connection) {
    super({
      ...connection,
      callbackURL: '/auth/freedom-id/callback',
      scope: ['read.firstname', 'read.lastname', 'read.email'],
    });
  }

  async validate(_accessToken: string, _refreshToken: string, profile: FreedomIdProfile) {
    return profile;
  }
}

/** For both routes of a login. On the first, `super.canActivate` never resolves: Passport redirects to Freedom ID. */
class FreedomIdGuard extends AuthGuard('freedom-id') {
  override async canActivate(context: nest.ExecutionContext) {
    await super.canActivate(context);
    await this.logIn(context.switchToHttp().getRequest());
    return true;
  }

  override handleRequest<T>(error: unknown, user: T, info?: Error): T {
    if (error || !user) throw error || new nest.UnauthorizedException(info?.message);
    return user;
  }
}

/** Nest answers 500 to errors that it does not know. A FreedomIdError has its own status: 502 or 504. */
@nest.Catch(nest.UnauthorizedException, FreedomIdError)
class ErrorPage implements nest.ExceptionFilter {
  catch(error: nest.UnauthorizedException | FreedomIdError, host: nest.ArgumentsHost) {
    const [{ user }, res] = host.getArgs<[UserRequest, Response]>();
    if (!(error instanceof FreedomIdError)) return res.status(401).send(failedPage(error.message, user));
    console.error(error);
    const text = 'Freedom ID cannot be used at the moment. Please try again later.';
    return res.status(error.status).send(messagePage('Sorry', text, user));
  }
}

@nest.Controller()
@nest.UseFilters(ErrorPage)
class Pages {
  @nest.Get()
  home(@nest.Req() { user }: UserRequest) {
    return homePage(user);
  }

  @nest.Get('profile')
  profile(@nest.Req() { user }: UserRequest, @nest.Res() res: Response) {
    return user ? res.send(profilePage(user)) : res.redirect('/');
  }

  @nest.Get(['auth/freedom-id', 'auth/freedom-id/callback'])
  @nest.UseGuards(FreedomIdGuard)
  @nest.Redirect('/profile')
  signedIn() {}

  @nest.Post('logout')
  @nest.Redirect('/')
  async logout(@nest.Req() req: UserRequest) {
    await promisify<void>(req.logout).call(req);
  }
}

// Passport starts a new session at every login. `keepSessionInfo` keeps the logins that wait in other tabs.
@nest.Module({ imports: [PassportModule.register({ keepSessionInfo: true })], controllers: [Pages] })
class AppModule {}

/** The demo with Nest 12 on its Express platform: sessions in memory, each with the whole user. */
export async function createApp(connection: Connection): Promise<nest.INestApplication> {
  const providers = [FreedomIdAuth, { provide: 'connection', useValue: connection }];
  const module = { module: AppModule, providers };
  const app = await NestFactory.create(module, { logger: ['error', 'warn'], abortOnError: false });
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser<Express.User>((user, done) => done(null, user));
  const secret = randomBytes(32).toString('hex');
  const cookie = { sameSite: 'lax', secure: 'auto' } as const;
  app.use(session({ secret, resave: false, saveUninitialized: false, cookie }), passport.session());
  return app.init();
}
