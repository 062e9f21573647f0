import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, devices, type Browser, type Page } from 'playwright-core';
import { api, issuer } from '../support/running-stack.ts';

/** Debian's Chromium. Without the switches it looks for its maker's hosts, which a test machine may not reach. */
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

describe('in a browser', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch(CHROMIUM);
  });

  afterAll(async () => {
    await browser.close();
  });

  async function open(
    url: string,
    device: Parameters<Browser['newContext']>[0] = {},
  ): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext(device);
    context.setDefaultTimeout(8_000);
    const page = await context.newPage();
    const complaints: string[] = [];
    context.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(url);
    return { page, complaints };
  }

  it('Swagger UI logs a person in with code and PKCE, and calls the API with the token', async () => {
    const { page, complaints } = await open(`${api}/docs`);
    await page.getByRole('button', { name: 'Authorize' }).first().click();
    await page.getByText('select all').click();
    const [popup] = await Promise.all([
      page.waitForEvent('popup'),
      page.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click(),
    ]);
    await popup.getByLabel('E-mail address').fill('customer@example.com');
    await popup.getByLabel('Password').fill('countersign-demo');
    await popup.getByRole('button', { name: 'Log in' }).click();
    const closed = popup.waitForEvent('close');
    await popup.getByRole('button', { name: 'Allow', exact: true }).click();
    await closed;
    await page.getByRole('button', { name: 'Close', exact: true }).click();

    await page
      .getByRole('button', { name: /GET \/me/i })
      .first()
      .click();
    await page.getByRole('button', { name: 'Try it out' }).click();
    const [response] = await Promise.all([
      page.waitForResponse(`${api}/me`),
      page.getByRole('button', { name: 'Execute' }).click(),
    ]);
    expect(response.status()).toBe(200);
    expect(await response.json()).toMatchObject({ clientId: 'demo-web', roles: ['customer'] });
    expect(complaints).toEqual([]);
  });

  it('the login page fits a phone, works by keyboard alone and says what went wrong', async () => {
    const request = new URLSearchParams({
      client_id: 'demo-web',
      response_type: 'code',
      redirect_uri: `${api}/docs/oauth2-redirect.html`,
      scope: 'orders:read',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    const { page, complaints } = await open(`${issuer}/authorize?${request}`, devices['iPhone 13']);
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    await page.keyboard.type('customer@example.com');
    await page.keyboard.press('Tab');
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain(
      'The e-mail address or the password is wrong.',
    );
    expect(await page.getByLabel('E-mail address').inputValue()).toBe('customer@example.com');
    expect(await page.getByLabel('Password').inputValue()).toBe('');
    // The browser reports the 403 of the form itself, and nothing else: no style or script was refused.
    expect(complaints.filter((complaint) => !complaint.includes('403'))).toEqual([]);
  });
});
