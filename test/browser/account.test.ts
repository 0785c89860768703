import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { type Emulator, startEmulator } from '../../lib/emulator/index';
import { launchChromium, needsChromium } from '../support/chromium';
import { linkFor, signInAt } from '../support/emulated-login';

describe('the page to sign out of the emulator, in a browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let emulator: Emulator;
  before(async function () {
    needsChromium(this);
    browser = await launchChromium();
    emulator = await startEmulator();
  });
  after(async () => {
    await browser?.close();
    await emulator?.close();
  });

  it('works by keyboard alone, on a phone and without JavaScript', async () => {
    for (const as of [0, 1]) await signInAt(emulator, await linkFor(emulator), emulator, { as });
    const context = await browser.newContext({
      javaScriptEnabled: false,
      viewport: { width: 320, height: 640 },
    });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    await page.goto(emulator.url);
    await press(page, 'Tab', 'Enter');
    await page.getByRole('heading', { name: 'Sign out of Freedom ID' }).waitFor();
    // It holds as a group with a name, for whoever does not see it.
    await page.getByRole('group', { name: 'Who signs out' }).waitFor();
    await press(page, 'Tab', 'ArrowDown');
    expect(await page.getByRole('radio', { name: 'Madonna' }).isChecked()).to.equal(true);
    expect(await overflowOf(page)).to.equal(0);
    await press(page, 'Tab', 'Enter');
    await page.getByText('Madonna').waitFor({ state: 'detached' });
    await page.getByText('Әсел Құнанбаева').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Nobody is signed in.').waitFor();
    await context.close();
  });
});

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

async function overflowOf(page: Page): Promise<unknown> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
