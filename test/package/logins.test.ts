import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { useConsumer } from './consumer';

/** Signs a user in to an Express app, in both flows. The modules are arguments, because each test loads them in another way. */
const LOG_IN = `
async function logIn({ express, session, passport, FreedomIdStrategy, FreedomIdOidcStrategy, startEmulator }) {
  const emulator = await startEmulator();
  const options = { clientID: 'demo', clientSecret: 'demo-secret', callbackURL: 'callback', baseURL: emulator.url };
  const jwksURL = emulator.url + '/api/v1/oidc/jwks';
  const verify = async (accessToken, refreshToken, profile) => profile;
  passport.use(new FreedomIdStrategy(options, verify));
  passport.use(new FreedomIdOidcStrategy({ ...options, jwksURL }, verify));
  const app = express();
  app.use(session({ secret: 'a secret', resave: false, saveUninitialized: false }));
  for (const name of ['freedom-id', 'freedom-id-oidc']) {
    app.get('/' + name + '/login', passport.authenticate(name));
    app.get('/' + name + '/callback', passport.authenticate(name, { session: false }), (req, res) => {
      res.send(name + ' says hello ' + req.user.displayName);
    });
  }
  const server = await new Promise((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  const logInBy = async (name) => {
    const start = await fetch('http://127.0.0.1:' + server.address().port + '/' + name + '/login', { redirect: 'manual' });
    const callback = await emulator.approve(start.headers.get('location'));
    const [cookie] = start.headers.getSetCookie();
    const end = await fetch(callback, { headers: { cookie: cookie.split(';')[0] } });
    return end.text();
  };
  const texts = [await logInBy('freedom-id'), await logInBy('freedom-id-oidc')];
  server.close();
  server.closeAllConnections();
  await emulator.close();
  return texts.join(', ');
}`;

const REQUIRED = `
const modules = {
  express: require('express'), session: require('express-session'), passport: require('passport'),
  ...require('passport-freedom-id'), ...require('passport-freedom-id/oidc'), ...require('passport-freedom-id/emulator'),
};${LOG_IN}`;

const IMPORTED = `
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import { FreedomIdStrategy, Strategy, FreedomIdClient, FreedomIdError } from 'passport-freedom-id';
import { startEmulator } from 'passport-freedom-id/emulator';
import { FreedomIdOidcStrategy, FreedomIdOidcClient, FreedomIdError as OidcError } from 'passport-freedom-id/oidc';
if (Strategy !== FreedomIdStrategy || !FreedomIdClient || !FreedomIdOidcClient) throw new Error('exports');
if (!FreedomIdError || FreedomIdError !== OidcError) throw new Error('two classes of errors');
const modules = { express, session, passport, FreedomIdStrategy, FreedomIdOidcStrategy, startEmulator };${LOG_IN}`;

const PRINTED = 'logIn(modules).then(console.log);';
const TEXT = 'freedom-id says hello Әсел Құнанбаева, freedom-id-oidc says hello Әсел Құнанбаева';
/** Newer versions of Node.js warn of what dependencies call, unless these are in node_modules. */
const SILENT = ['--disable-warning=DEP0040', '--disable-warning=DEP0169'];

const HELLO = { stdout: `${TEXT}\n`, stderr: '', status: 0 };

describe('an app with the packed package logs in', function () {
  this.timeout(180_000);
  const consumer = useConsumer('passport', 'express', 'express-session', 'jest@30', 'esbuild');

  it('from CommonJS, by require', () => {
    consumer.write('app.cjs', `${REQUIRED}\n${PRINTED}`);
    expect(consumer.run(process.execPath, 'app.cjs')).to.deep.equal(HELLO);
  });

  it('from ES modules, by named imports', () => {
    consumer.write('app.mjs', `${IMPORTED}\n${PRINTED}`);
    expect(consumer.run(process.execPath, 'app.mjs')).to.deep.equal(HELLO);
  });

  it('in a test of Jest 30 in a CommonJS project, and Jest then exits by itself', () => {
    consumer.write(
      'login.test.js',
      `${REQUIRED}\ntest('signs in', async () => expect(await logIn(modules)).toBe('${TEXT}'));`,
    );
    const { stdout, stderr, status } = consumer.runBin('jest', '--json', './login.test.js');
    expect(status, stderr).to.equal(0);
    expect(stderr).not.to.include('did not exit');
    expect(JSON.parse(stdout)).to.include({ success: true, numPassedTests: 1, numTotalTests: 1 });
  });

  it("in a test that stops time with Jest's fake timers", () => {
    const test = `${REQUIRED}
      test('signs in while time stands still', async () => {
        jest.useFakeTimers({ now: new Date('2026-03-01') });
        const text = await logIn(modules);
        jest.useRealTimers();
        expect(text).toBe('${TEXT}');
      });`;
    consumer.write('frozen/login.test.js', test);
    const { stdout, stderr, status } = consumer.runBin('jest', '--json', '--forceExit', 'frozen');
    expect(status, stderr).to.equal(0);
    expect(JSON.parse(stdout)).to.include({ success: true, numPassedTests: 1 });
  });

  it('as one file that esbuild made, without node_modules', () => {
    consumer.write('entry.mjs', `${IMPORTED}\n${PRINTED}`);
    const args = ['entry.mjs', '--bundle', '--platform=node', '--outfile=bundle.cjs', '--log-level=warning'];
    expect(consumer.runBin('esbuild', ...args)).to.deep.equal({ stdout: '', stderr: '', status: 0 });
    const elsewhere = mkdtempSync(join(tmpdir(), 'bundle-'));
    try {
      copyFileSync(join(consumer.folder, 'bundle.cjs'), join(elsewhere, 'bundle.cjs'));
      expect(consumer.run(process.execPath, ...SILENT, join(elsewhere, 'bundle.cjs'))).to.deep.equal(HELLO);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });
});
