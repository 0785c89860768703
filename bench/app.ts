import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import session from 'express-session';
import { Passport, type Strategy as PassportStrategy } from 'passport';
import type { Strategy } from './peer';

/** An app as people write it: Express 5, sessions in memory, one route for each leg. @returns its URL */
export async function serveApp(strategy: Strategy): Promise<string> {
  const passport = new Passport();
  passport.use('peer', strategy as unknown as PassportStrategy);
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user: Express.User, done) => done(null, user));

  const app = express();
  app.use(session({ secret: 'bench', resave: false, saveUninitialized: false }));
  app.use(passport.session());
  app.get('/login', passport.authenticate('peer'));
  app.get('/callback', passport.authenticate('peer'), (req, res) => void res.json(req.user));
  const server = app.listen(0, '127.0.0.1');
  // Longer than a peer waits for its turn: opening the browsers' connections must not be measured.
  server.keepAliveTimeout = 60_000;
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
