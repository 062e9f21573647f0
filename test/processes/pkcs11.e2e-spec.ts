import { setTimeout as delay } from 'node:timers/promises';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SoftHsm } from '../../apps/auth/test-support/soft-hsm.ts';
import { ApiClient } from '../support/api-client.ts';
import { runToEnd, type AppRun, type Settings } from '../support/app-run.ts';
import { CLIENT_ID, DemoWebClient } from '../support/demo-web-client.ts';
import { dump } from '../support/stored-data.ts';
import { TestStack } from '../support/test-stack.ts';
import { basic, serviceToken, tokenRequest } from '../support/token-endpoint.ts';

/** Longer than the stack waits for an app. */
const PATIENCE_MS = 70_000;
const softHsm = SoftHsm.create();
const withHsm = softHsm === undefined ? describe.skip : describe;

withHsm('an issuer whose keys are in an HSM', () => {
  const { module = '', label = '', pin = '', environment = {} } = softHsm ?? {};
  const hsmSettings = {
    ...environment,
    PKCS11_MODULE: module,
    PKCS11_TOKEN_LABEL: label,
    PKCS11_PIN: pin,
  };
  let stack: TestStack;

  beforeAll(async () => {
    stack = await TestStack.prepare({
      appEnvironment: { auth: { ...hsmSettings, SIGNING_KEYS_IN: 'pkcs11' } },
    });
    await stack.start();
  }, PATIENCE_MS);

  afterAll(async () => {
    await stack.dispose();
    softHsm?.dispose();
  });

  const requestToken = () =>
    tokenRequest(
      stack.issuer,
      { grant_type: 'client_credentials', scope: 'orders:read' },
      basic('demo-service', 'demo-service-secret'),
    );

  async function readiness(): Promise<{ readonly status: number; readonly body: string }> {
    const { auth } = stack.ports;
    const response = await fetch(`http://127.0.0.1:${auth.management}/readyz`);
    return { status: response.status, body: await response.text() };
  }

  async function readyAgain(): Promise<void> {
    for (let attempt = 0; attempt < 50; attempt++) {
      if ((await readiness()).status === 200) return;
      await delay(100);
    }
    throw new Error('not ready 5 s after the HSM came back');
  }

  /** Starts auth with these settings on the data of the stack, whose own auth does not run, and waits for its end. */
  function startInVain(settings: Settings): Promise<AppRun> {
    const url = stack.databaseUrl('auth');
    const database = url === undefined ? undefined : { DATABASE_URL: url };
    return runToEnd('auth', { DEMO: 'true', DATA_DIR: stack.dataDir, ...database, ...settings });
  }

  it('issues access tokens by client credentials that the gateway accepts', async () => {
    const client = new ApiClient(stack.api, await serviceToken(stack.issuer));
    expect(await client.get('/orders')).toMatchObject({ status: 200 });
  });

  it('issues ID tokens and access tokens by code + PKCE that verify against its JWKS', async () => {
    const { id_token: idToken = '', access_token: accessToken } = await new DemoWebClient(stack.issuer).logIn(
      'customer@example.com',
    );
    const keySet = createRemoteJWKSet(new URL('/.well-known/jwks.json', stack.issuer));
    const { payload } = await jwtVerify(idToken, keySet, { issuer: stack.issuer, audience: CLIENT_ID });
    expect(payload.sub).toBeDefined();
    expect(decodeProtectedHeader(accessToken)).toMatchObject({ typ: 'at+jwt' });
    expect(await new ApiClient(stack.api, accessToken).get('/me')).toMatchObject({ status: 200 });
  });

  it('answers 503 while the HSM is away, is not ready, and goes on when it is back', async () => {
    const web = new DemoWebClient(stack.issuer);
    const code = await web.obtainCode('customer@example.com');
    softHsm?.unplug();
    const answer = await requestToken();
    expect(answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(await readiness()).toMatchObject({ status: 503 });
    expect(await web.exchange(code)).toMatchObject({ status: 503 });

    softHsm?.plugIn();
    await readyAgain();
    expect(await requestToken()).toMatchObject({ status: 200 });
    expect(await web.exchange(code)).toMatchObject({ status: 200 }); // which was not used up in vain
  });

  it('keeps no private key in its database, sealed or not (JWK-10)', async () => {
    await stack.stack.stopApp('auth');
    const text = await dump(stack, 'auth');
    expect(text).toMatch(/pkcs11:token=countersign;id=/);
    expect(text).not.toMatch(/\bv2\.[0-9a-f]{16}\.|"(?:d|p|q|dp|dq|qi|k)"+ ?:|PRIVATE KEY/);
  });

  it.each<[deviation: string, settings: Settings, message: RegExp]>([
    ['is not configured any more', {}, /signing key [\w-]+ is to be in a PKCS#11 token: PKCS11_MODULE, /],
    [
      'is configured by half',
      { ...environment, PKCS11_MODULE: module },
      /PKCS11_MODULE, PKCS11_TOKEN_LABEL and PKCS11_PIN are set together/,
    ],
    ['has another PIN', { ...hsmSettings, PKCS11_PIN: '161803' }, /PKCS11_PIN is not that of the token/],
    [
      'has another label',
      { ...hsmSettings, PKCS11_TOKEN_LABEL: 'other' },
      /PKCS11_TOKEN_LABEL: .+ has no token other/,
    ],
    ['has no module', { ...hsmSettings, PKCS11_MODULE: '/none.so' }, /PKCS11_MODULE: cannot load \/none\.so/],
  ])('does not start when its HSM %s, and says so in one line', async (_deviation, settings, message) => {
    const end = await startInVain(settings);
    expect(end).toEqual({ exitCode: 78, stderr: expect.stringMatching(message) });
    expect(end.stderr.trimEnd().split('\n')).toHaveLength(2);
    expect(end.stderr).not.toMatch(/161803|271828/);
  });

  it('has printed no PIN', () => {
    expect(stack.lines.filter(({ text }) => text.includes(pin))).toEqual([]);
  });
});
