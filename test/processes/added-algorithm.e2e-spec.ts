import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { ChangingSettings } from '../support/changing-settings.ts';
import { DemoWebClient, PASSWORD } from '../support/demo-web-client.ts';
import { TestStack } from '../support/test-stack.ts';
import { basic, tokenRequest, tokens, type TokenAnswer } from '../support/token-endpoint.ts';
import { UserAgent } from '../support/user-agent.ts';

const PATIENCE_MS = 120_000;
/** So long the first key of the algorithm waits, and 2 s. */
const JWKS_MAX_AGE_SECONDS = 20;
const CUSTOMER = 'customer@example.com';
const OFFLINE = { scope: 'openid offline_access orders:read', prompt: 'consent' };
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

const device = z.object({ device_code: z.string(), user_code: z.string(), verification_uri: z.string() });
const metadata = z.looseObject({ id_token_signing_alg_values_supported: z.array(z.string()) });
const jwks = z.object({ keys: z.array(z.object({ alg: z.string() })) });

const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
const settings = new ChangingSettings(folder);
const before = settings.set({ SIGNING_ALGORITHMS: 'RS256 ES256', ACCESS_TOKEN_ALGORITHM: 'RS256' });

describe('an algorithm that is added to an issuer with keys', () => {
  let stack: TestStack;
  let web: DemoWebClient;
  /** What was given before the algorithm came, and what is given while it waits. */
  let refreshToken: string;
  let code: string;
  let deviceCode: string;

  beforeAll(async () => {
    stack = await TestStack.prepare({
      appEnvironment: {
        auth: {
          ...before,
          JWKS_MAX_AGE_SECONDS: String(JWKS_MAX_AGE_SECONDS),
          KEY_ANNOUNCEMENT_SECONDS: '60',
        },
      },
    });
    await stack.start(['auth']);
    web = new DemoWebClient(stack.issuer);
    refreshToken = (await web.logIn(CUSTOMER, OFFLINE)).refresh_token;
    deviceCode = await connectDevice();
    await stack.stack.stopApp('auth');
    settings.set({ SIGNING_ALGORITHMS: 'RS256 ES256 PS256', ACCESS_TOKEN_ALGORITHM: 'PS256' });
    await stack.start(['auth']);
    await hasPs256(algorithmsOfJwks);
    code = await web.obtainCode(CUSTOMER);
  }, PATIENCE_MS);

  afterAll(async () => {
    await stack.dispose();
    rmSync(folder, { recursive: true });
  });

  /** @returns the device code of a device that a person has connected */
  async function connectDevice(): Promise<string> {
    const body = new URLSearchParams({ client_id: 'demo-web', scope: 'openid orders:read' });
    const response = await fetch(`${stack.issuer}/device_authorization`, { method: 'POST', body });
    const { device_code, user_code, verification_uri } = device.parse(await response.json());
    const agent = new UserAgent(stack.issuer);
    const page = await agent.submit(await agent.open(new URL(verification_uri)), '/device', { user_code });
    const loginPage = await agent.submit(page, '/device', { confirm: 'yes' });
    const consentPage = await agent.submit(loginPage, '/login', { email: CUSTOMER, password: PASSWORD });
    await agent.submit(consentPage, '/consent', { consent: 'allow' });
    return device_code;
  }

  async function fetchJson(path: string): Promise<unknown> {
    return (await fetch(`${stack.issuer}${path}`)).json();
  }

  const algorithmsOfJwks = async () =>
    jwks.parse(await fetchJson('/.well-known/jwks.json')).keys.map(({ alg }) => alg);
  const algorithmsOfIdTokens = async () =>
    metadata.parse(await fetchJson('/.well-known/openid-configuration'))
      .id_token_signing_alg_values_supported;

  /** Waits until PS256 is among them. @throws Error when it is not within a minute */
  async function hasPs256(algorithms: () => Promise<readonly string[]>): Promise<void> {
    for (let attempt = 0; attempt < 300; attempt++) {
      if ((await algorithms()).includes('PS256')) return;
      await delay(200);
    }
    throw new Error('PS256 did not come');
  }

  const requests: readonly (readonly [grant: string, ask: () => Promise<TokenAnswer>])[] = [
    [
      'client credentials',
      () =>
        tokenRequest(
          stack.issuer,
          { grant_type: 'client_credentials', scope: 'orders:read' },
          basic('demo-service', 'demo-service-secret'),
        ),
    ],
    ['a code', () => web.exchange(code)],
    ['a refresh token', () => web.refresh(refreshToken)],
    [
      'a device code',
      () =>
        tokenRequest(stack.issuer, {
          grant_type: DEVICE_CODE,
          client_id: 'demo-web',
          device_code: deviceCode,
        }),
    ],
  ];

  it.each(requests)('is temporarily unavailable for %s until its first key may sign', async (_grant, ask) => {
    const { status, headers, body } = await ask();
    expect([status, body]).toEqual([503, { error: 'temporarily_unavailable' }]);
    expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  });

  it('leaves tokens alone that are signed otherwise', async () => {
    const { body } = await tokenRequest(
      stack.issuer,
      { grant_type: 'client_credentials', scope: 'orders:read', resource: `${stack.api}/demo/es256` },
      basic('demo-service', 'demo-service-secret'),
    );
    const { access_token } = z.object({ access_token: z.string() }).parse(body);
    expect(decodeProtectedHeader(access_token).alg).toBe('ES256');
  });

  it('is in the JWKS, and discovery does not name it yet (DIS-03)', async () => {
    expect(await algorithmsOfJwks()).toContain('PS256');
    expect((await algorithmsOfIdTokens()).toSorted()).toEqual(['ES256', 'RS256']);
  });

  it(
    'then signs: discovery names it (DIS-03), and nothing was used up',
    async () => {
      await hasPs256(algorithmsOfIdTokens);
      for (const [grant, ask] of requests) {
        const { status, body } = await ask();
        expect([grant, status]).toEqual([grant, 200]);
        const { access_token } = tokens.pick({ access_token: true }).parse(body);
        expect(decodeProtectedHeader(access_token).alg).toBe('PS256');
      }
    },
    PATIENCE_MS,
  );
});
