import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { TestStack } from '../support/test-stack.ts';
import { tokens, type TokenAnswer } from '../support/token-endpoint.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
const CLOCK = join(import.meta.dirname, '..', 'support', 'shifted-clock.mjs');
const OFFLINE = { scope: 'openid offline_access orders:read', prompt: 'consent' };
const refused = { status: 400, body: { error: 'invalid_grant' } };

let stack: TestStack;
let web: DemoWebClient;
beforeAll(async () => {
  stack = await TestStack.prepare({ appEnvironment: { auth: { NODE_OPTIONS: `--import ${CLOCK}` } } });
  await stack.start(['auth']);
  web = new DemoWebClient(stack.issuer);
});
afterAll(() => stack.dispose());

/** Restarts the issuer on a later day, counted from today. */
async function moveTo(day: number): Promise<void> {
  await stack.stack.stopApp('auth');
  writeFileSync(join(stack.dataDir, 'clock-shift'), String(day * DAY_MS));
  await stack.start(['auth']);
}

const next = ({ body }: TokenAnswer): string => tokens.parse(body).refresh_token;

describe('a refresh token', () => {
  it('ends after 14 days without use, and 30 days after the login whatever its use (BCP-11)', async () => {
    const unused = (await web.logIn('customer@example.com', OFFLINE)).refresh_token;
    let used = (await web.logIn('customer2@example.com', OFFLINE)).refresh_token;
    await moveTo(13.9);
    used = next(await web.refresh(used));
    await moveTo(14.1);
    expect(await web.refresh(unused)).toMatchObject(refused);
    await moveTo(27.5);
    used = next(await web.refresh(used));
    await moveTo(29.9);
    used = next(await web.refresh(used));
    await moveTo(30.1);
    expect(await web.refresh(used)).toMatchObject(refused);
  });
});
