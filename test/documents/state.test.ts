import { expect } from 'chai';
import express from 'express';
import session from 'express-session';
import { Passport } from 'passport';
import { FreedomIdStrategy } from 'passport-freedom-id';
import { listen } from '../support/app';
import { CookieJar, locationOf } from '../support/browser';
import { useClosing } from '../support/closing';
import { snippets } from '../support/documents';
import { useEmulator } from '../support/emulator';
import { endingOf } from '../support/ending';
import { request, startLogin, strategyWith } from '../support/mocked-login';
import { useNock } from '../support/nock';
import { minimalOptions } from '../support/options';
import { runSnippets } from '../support/run-snippets';

const PAGE = 'docs/state.md';

function codeOf(start: string, language = 'ts'): string {
  const code = snippets(PAGE, language).find((snippet) => snippet.includes(start));
  return code ?? expect.fail(`no snippet has ${start}`);
}

describe('docs/state.md', () => {
  describe('in an app', () => {
    const emulator = useEmulator();
    const closing = useClosing();

    /** An app with sessions, to which the snippets add their routes. */
    async function start(codes: string[]) {
      const app = express();
      app.set('env', 'test');
      const { url, close } = await listen(app);
      closing.push(close);
      const passport = new Passport();
      const callbackURL = `${url}/auth/freedom-id/callback`;
      const options = { ...minimalOptions, callbackURL, baseURL: emulator.url };
      const verify = async (_a: string, _r: string | undefined, { id }: { id: string }) => ({ id });
      passport.use(new FreedomIdStrategy(options, verify));
      passport.serializeUser((user, done) => done(null, user));
      passport.deserializeUser((user: Express.User, done) => done(null, user));
      app.use(session({ secret: 'test', resave: false, saveUninitialized: false }));
      app.use(passport.session());
      const home: express.RequestHandler = (req, res) => void res.json(req.user);
      const given = { app, passport, options, FreedomIdStrategy, verify, home };
      const here = codes.map((code) => code.replace('https://app.example', url));
      await runSnippets(here, given);
      app.get('/auth/freedom-id', passport.authenticate('freedom-id'));
      const answer: express.RequestHandler = (req, res) => void res.json(req.user);
      app.get('/auth/freedom-id/callback', passport.authenticate('freedom-id'), answer);
      const browser = new CookieJar();
      const link = async (path = '/auth/freedom-id') => locationOf(await browser.get(url + path));
      return { browser, link };
    }

    it('sends users back to where they came from, and nobody to another site', async () => {
      const { browser, link } = await start([codeOf('returnTo')]);
      const backFrom = async (query: string) =>
        locationOf(await browser.get(await emulator.approve(await link(`/auth/freedom-id${query}`))));
      expect(await backFrom('?returnTo=%2Fcart')).to.equal('/cart');
      expect(await backFrom('?returnTo=%2F%2Fevil.example')).to.equal('/');
      expect(await backFrom('')).to.equal('/');
    });

    it('lets verify read what stands in the session', async () => {
      const { browser, link } = await start([codeOf('req.session.invitation', 'js')]);
      const { text } = await browser.visit(await emulator.approve(await link('/join/spring')));
      expect(JSON.parse(text)).to.include({ invitation: 'spring' });
    });

    for (const [how, codes, status] of [
      ['are finished one after the other with keepSessionInfo', [codeOf('keepSessionInfo: true')], 200],
      ['end with 403 without it', [], 403],
    ] as const) {
      it(`has two tabs, which ${how}`, async () => {
        const { browser, link } = await start([...codes]);
        const callbacks = [await emulator.approve(await link()), await emulator.approve(await link())];
        expect((await browser.get(callbacks[1] ?? '')).status).to.equal(200);
        expect((await browser.get(callbacks[0] ?? '')).status).to.equal(status);
      });
    }

    it('lets the state travel in the path', async () => {
      const { browser, link } = await start([codeOf("stateIn: 'path'")]);
      const callback = await emulator.approve(await link());
      expect(callback).to.match(/\/callback\/[\w-]{43}\?authorization_code=/);
      expect((await browser.get(callback)).status).to.equal(200);
    });
  });

  describe('of a strategy without an app', () => {
    useNock();

    it('shows what is in the session', async () => {
      const shown = JSON.parse(codeOf('"freedom-id"', 'json'));
      const { session } = await startLogin(strategyWith(), { state: '/cart' });
      const shapeOf = (kept: unknown) =>
        JSON.stringify(kept)
          .replace(/"[\w-]{43}"/, 'STATE')
          .replace(/\b\d{10}\b/, 'TIME');
      expect(shapeOf(session)).to.equal(shapeOf(shown)).and.include('[[STATE,TIME,"/cart"]]');
    });

    it('takes an error below the callback URL for an answer where the state is in the path, and nowhere else', async () => {
      const callbackURL = 'https://app.example/callback';
      const inPath = strategyWith({ callbackURL, stateIn: 'path' });
      const fails = await endingOf(inPath, request('/callback/start?error=1'));
      expect(fails).to.have.property('action', 'fail');
      await startLogin(inPath, undefined, request('/start?error=1'));
    });
  });
});
