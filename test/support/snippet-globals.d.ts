/** The names that the snippets of the pages use without declaring them. */
import type expressModule from 'express';
import type passportModule from 'passport';
import type * as library from 'passport-freedom-id';

declare global {
  interface PageUser {
    id: string;
    banned: boolean;
  }

  const express: typeof expressModule;
  namespace express {
    type Request = expressModule.Request;
    type Response = expressModule.Response;
    type NextFunction = expressModule.NextFunction;
  }
  const app: expressModule.Express;
  const passport: typeof passportModule;
  const home: expressModule.RequestHandler;
  const options: library.FreedomIdStrategyOptions;
  const strategy: library.FreedomIdStrategy;
  const token: string;
  const accessToken: string;
  const refreshToken: string;
  const freshAccessToken: (
    req: expressModule.Request,
    client: library.FreedomIdClient,
  ) => Promise<string | undefined>;
  const link: string;
  const users: {
    findOrCreate(id: string, name: string): Promise<PageUser>;
  };
  const logins: {
    begin(login: { userId: string; tokenId: string | undefined }): Promise<{ id: string }>;
    find(id: string): Promise<{ id: string } | undefined>;
    endAllOf(tokenId: string): Promise<void>;
  };
  const endSessions: (tokenId: string) => Promise<void>;
  const revocationHandler: typeof library.revocationHandler;
  const metrics: { record(...facts: unknown[]): void };
  const verify: library.VerifyFunction;

  const startEmulator: typeof import('passport-freedom-id/emulator').startEmulator;
  const cookieSession: typeof import('cookie-session');
  const FreedomIdStrategy: typeof library.FreedomIdStrategy;
  const FreedomIdError: typeof library.FreedomIdError;
  type FreedomIdError = library.FreedomIdError;
  type FreedomIdTokenParams = library.FreedomIdTokenParams;
  type FreedomIdProfile = library.FreedomIdProfile;
  type VerifyCallback = library.VerifyCallback;
}
