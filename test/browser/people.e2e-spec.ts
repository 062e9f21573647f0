import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import { Mailbox } from '../support/mailbox.ts';
import { TestStack } from '../support/test-stack.ts';

const CHROMIUM = {
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-quic',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};
const PASSWORD = 'seven quiet harbour lamps';
const NEW_PASSWORD = 'kettle window bicycle';
/** A folder for pictures of the pages, for who wants to look at them. */
const SCREENSHOTS = process.env['SCREENSHOTS'];

describe('a person with a small phone and no scripts', () => {
  let stack: TestStack;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    stack = await TestStack.prepare();
    await stack.start(['auth']);
    browser = await chromium.launch(CHROMIUM);
    const context = await browser.newContext({
      viewport: { width: 320, height: 640 },
      deviceScaleFactor: 2,
      javaScriptEnabled: false,
      baseURL: stack.issuer,
    });
    context.setDefaultTimeout(8_000);
    context.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await context.route('http://127.0.0.1:53682/**', (route) =>
      route.fulfill({ contentType: 'text/html', body: 'back at the application' }),
    );
    page = await context.newPage();
  });

  afterAll(async () => {
    await browser.close();
    await stack.dispose();
  });

  /** What stands on the page: it has to fit, and every field has to have a name. */
  async function look(name: string): Promise<void> {
    const box = await page.locator('main').boundingBox();
    expect(box?.width).toBeLessThanOrEqual(320);
    for (const element of await page.locator('input:visible, button:visible, a:visible').all()) {
      const { x = 0, width = 0 } = (await element.boundingBox()) ?? {};
      expect(x + width).toBeLessThanOrEqual(320);
    }
    expect(await page.locator('h1').count()).toBe(1);
    if (SCREENSHOTS === undefined) return;
    mkdirSync(SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  }

  it('registers by a mailed link', async () => {
    await page.goto('/account');
    await look('login');
    await page.getByRole('link', { name: 'Create an account' }).click();
    await look('register');
    await page.getByLabel('E-mail address').fill('nora@example.com');
    await page.getByRole('button', { name: 'Send the link' }).click();
    await look('mail-sent');
    await page.goto((await new Mailbox(stack).linkTo('nora@example.com')).href);
    await page.getByLabel('Your name').fill('Nora New');
    await page.getByLabel('New password', { exact: true }).fill('too short');
    await page.getByLabel('New password, again').fill('too short');
    await page.getByRole('button', { name: 'Create the account' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('too short');
    await look('finish-refused');
    await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
    await page.getByLabel('New password, again').fill(PASSWORD);
    await page.getByRole('button', { name: 'Create the account' }).click();
    await look('done');
  });

  it('logs in, and sees where', async () => {
    await page.getByRole('link', { name: 'Log in' }).click();
    await page.getByLabel('E-mail address').fill('nora@example.com');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Log in' }).click();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Your account');
    expect(await page.getByText('this one').count()).toBe(1);
    await look('account');
  });

  it('changes the password', async () => {
    await page.getByRole('link', { name: 'Change the password' }).click();
    await look('password');
    await page.getByLabel('Current password').fill(PASSWORD);
    await page.getByLabel('New password', { exact: true }).fill(NEW_PASSWORD);
    await page.getByLabel('New password, again').fill(NEW_PASSWORD);
    await page.getByRole('button', { name: 'Change the password' }).click();
    expect(await page.getByRole('status').textContent()).toContain('Your password has been changed.');
    await look('password-changed');
  });

  it('gives an application access, sees it, and signs out everywhere', async () => {
    await page.goto(`/authorize?${authorizationRequest}`);
    await look('consent');
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.getByText('back at the application').waitFor();
    await page.goto('/account');
    expect(await page.getByText('see your orders').count()).toBe(1);
    await look('account-with-application');
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    expect(await page.getByRole('status').textContent()).toContain('You are signed out everywhere.');
    await look('signed-out');
  });

  it('is told how long to wait', async () => {
    for (let time = 0; time < 6; time++) {
      await page.getByLabel('E-mail address').fill('merchant@example.com');
      await page.getByLabel('Password').fill('a wrong password');
      await page.getByRole('button', { name: 'Log in' }).click();
    }
    expect(await page.getByRole('alert').textContent()).toContain('Wait 1 second and try again.');
    await look('throttled');
    // The browser reports the refusals of the forms themselves, and nothing else: no style was refused.
    expect(complaints.filter((complaint) => !/40[03]|429/.test(complaint))).toEqual([]);
  });
});

const authorizationRequest = new URLSearchParams({
  client_id: 'demo-web',
  response_type: 'code',
  redirect_uri: 'http://127.0.0.1:53682/callback',
  scope: 'openid email offline_access orders:read orders:write',
  prompt: 'consent',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
}).toString();
