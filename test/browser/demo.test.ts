import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type RunningCommand, runNode } from '../support/child';
import { launchChromium, needsChromium } from '../support/chromium';

/** The demo with each of the strategies. */
const demos = [
  {
    title: 'the demo in a browser',
    example: 'express',
    codeParameter: 'authorization_code',
    shared: ['freedom_id', 'email'],
    audience: undefined,
  },
  {
    title: 'the demo in a browser, over OpenID Connect,',
    example: 'express-oidc',
    codeParameter: 'code',
    shared: ['email', 'sub'],
    audience: 'demo',
  },
];

for (const { title, example, codeParameter, shared, audience } of demos) {
  describe(title, function () {
    this.timeout(60_000);
    let demo: RunningCommand;
    let url: string;
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;

    before(async function () {
      needsChromium(this);
      demo = runNode(['examples/start.ts', example], { PORT: '0' });
      [, url = ''] = await demo.printed(/Open (http:\/\/\S+)/);
      browser = await launchChromium();
    });
    beforeEach(async () => {
      context = await browser.newContext();
      page = await context.newPage();
      page.setDefaultTimeout(10_000);
      await page.goto(url);
    });
    afterEach(() => context?.close());
    after(async () => {
      await browser?.close();
      demo?.process.kill();
      expect(await demo?.ended).to.be.oneOf([0, undefined]);
    });

    /** Goes to the login page of the emulator. */
    async function start(tab = page): Promise<void> {
      await tab.getByRole('link', { name: 'Sign in with Freedom ID' }).click();
      await tab.getByRole('heading', { name: 'Sign in with Freedom ID' }).waitFor();
      expect(new URL(tab.url()).pathname).to.equal('/login');
    }

    async function continueAs(name: string, tab = page): Promise<void> {
      await tab.getByText(name, { exact: true }).click();
      await tab.getByRole('button', { name: 'Continue' }).click();
      await tab.waitForURL(`${url}/profile`);
    }

    it('signs a person in, shows who they are, and signs them out', async () => {
      await start();
      await continueAs('Әсел Құнанбаева');
      expect(await page.getByRole('heading', { level: 1 }).textContent()).to.equal('Әсел Құнанбаева');
      const [normalized = '', raw = '', claims] = await page.locator('pre').allInnerTexts();
      expect(JSON.parse(normalized)).to.deep.include({
        provider: 'freedom-id',
        displayName: 'Әсел Құнанбаева',
        name: { givenName: 'Әсел', familyName: 'Құнанбаева', middleName: 'Нұрланқызы' },
        gender: 'female',
        emails: [{ value: 'asel@example.kz' }],
      });
      expect(JSON.parse(raw)).to.include({ firstname: 'Әсел', gender: 'F' });
      expect(claims && JSON.parse(claims).aud).to.equal(audience);
      await page.goto(url);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).to.equal('Hello, Әсел Құнанбаева!');
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'Welcome' }).waitFor();
      await page.goto(`${url}/profile`);
      expect(page.url()).to.equal(`${url}/`);
    });

    it('shows only what the person has ticked', async () => {
      await start();
      await page.getByText('Madonna', { exact: true }).click();
      await page.getByLabel('First name').uncheck();
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('heading', { name: 'Unnamed user' }).waitFor();
      const [, raw = ''] = await page.locator('pre').allInnerTexts();
      expect(Object.keys(JSON.parse(raw))).to.deep.equal(shared);
    });

    it('tells a person who refuses that the login was cancelled, and lets them start again', async () => {
      await start();
      await page.getByRole('button', { name: 'Refuse' }).click();
      await page.getByRole('heading', { name: 'The login failed' }).waitFor();
      await page.getByText('The login was cancelled at Freedom ID.').waitFor();
      await page.getByRole('link', { name: 'Start again' }).click();
      await continueAs('Madonna');
    });

    it('works in two tabs at once', async () => {
      const other = await context.newPage();
      await other.goto(url);
      await start(page);
      await start(other);
      await continueAs('John Doe', page);
      await continueAs('Madonna', other);
      await page.goto(`${url}/profile`);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).to.equal('Madonna');
    });

    it('keeps the person signed in after the back button, and after a repeated callback', async () => {
      await start();
      const callbacks: string[] = [];
      page.on('request', (request) => {
        if (new URL(request.url()).searchParams.has(codeParameter)) callbacks.push(request.url());
      });
      await continueAs('John Doe');
      await page.goBack();
      await page.getByText('Go back to the app and start again').waitFor();
      await page.goForward();
      expect(await page.getByRole('heading', { level: 1 }).textContent()).to.equal('John Doe');
      expect(callbacks).to.have.length(1);
      const response = await page.goto(callbacks[0] ?? '');
      expect(response?.status()).to.equal(401);
      expect(await page.locator('body').textContent()).to.match(
        /Signed in as John Doe.*The login failed.*please start again/s,
      );
    });

    it('is one click away from a link that is no longer good', async () => {
      await start();
      await continueAs('John Doe');
      await page.goBack();
      await page.getByText('It was used already').waitFor();
      await page.getByRole('link', { name: `Back to demo at ${url}` }).click();
      await page.getByRole('heading', { name: 'Hello, John Doe' }).waitFor();
    });

    it('needs no JavaScript', async () => {
      const plain = await browser.newContext({ javaScriptEnabled: false });
      const tab = await plain.newPage();
      await tab.goto(url);
      await start(tab);
      await continueAs('Madonna', tab);
      await plain.close();
    });

    it('fits on a phone', async () => {
      await page.setViewportSize({ width: 320, height: 640 });
      const fits = async () => {
        const overflow = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        expect(overflow, page.url()).to.equal(0);
      };
      await fits();
      await start();
      await fits();
      await continueAs('John Doe');
      await fits();
    });
  });
}
