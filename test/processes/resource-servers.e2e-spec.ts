import { createHmac, createPublicKey, randomBytes, type JsonWebKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { z } from 'zod';
import { runToEnd, withFolder } from '../support/app-run.ts';
import { ApiClient } from '../support/api-client.ts';
import { requestAs, tokenFor } from '../support/client-credentials.ts';
import { TestStack } from '../support/test-stack.ts';
import { basic } from '../support/token-endpoint.ts';

const LEDGER = 'https://ledger.example';
const VAULT = 'https://vault.example';
const SHORT = 'https://short.example';

const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
const secrets = { ledger: randomBytes(32), vault: randomBytes(32) };
for (const [name, secret] of Object.entries(secrets)) {
  writeFileSync(join(folder, name), secret.toString('base64url'));
}

const hs256 = (identifier: string, name: string) => ({
  identifier,
  scopes: ['orders:read'],
  access_token: 'HS256',
  secret_file: join(folder, name),
});

let stack: TestStack;
let rs256: JsonWebKey & { readonly kid: string };

beforeAll(async () => {
  const resourceServers = [
    hs256(LEDGER, 'ledger'),
    hs256(VAULT, 'vault'),
    { identifier: SHORT, scopes: ['orders:read'], access_token: 'opaque', access_token_seconds: 1 },
  ];
  stack = await TestStack.prepare({
    appEnvironment: { auth: { RESOURCE_SERVERS: JSON.stringify(resourceServers) } },
  });
  await stack.start();
  const jwks = z.object({ keys: z.array(z.looseObject({ kid: z.string(), alg: z.string() })) });
  const { keys } = jwks.parse(await (await fetch(`${stack.issuer}/.well-known/jwks.json`)).json());
  const key = keys.find(({ alg }) => alg === 'RS256');
  if (key === undefined) throw new Error('no RS256 key is published');
  rs256 = key;
}, 90_000);

afterAll(async () => {
  await stack.dispose();
  rmSync(folder, { recursive: true });
});

/** What one backend does that shares a secret with the issuer: everything pinned, as it is for one kind of token. */
async function verifyAtLedger(token: string): Promise<unknown> {
  const { payload } = await jwtVerify(token, secrets.ledger, {
    algorithms: ['HS256'],
    typ: 'at+jwt',
    issuer: stack.issuer,
    audience: LEDGER,
  });
  return payload;
}

const ledgerToken = () => tokenFor(stack.issuer, 'demo-service', { resource: LEDGER });
const apiToken = () => tokenFor(stack.issuer, 'demo-service', {});

/** The claims of a good token for `audience`, under an HMAC of something else than the secret of that audience. */
async function forged(audience: string, secret: string | Buffer, header: object = {}): Promise<string> {
  const claims = { ...decodeJwt(await apiToken()), aud: audience };
  const parts = [{ alg: 'HS256', typ: 'at+jwt', ...header }, claims];
  const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

const publicPem = () =>
  createPublicKey({ key: rs256, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();
const publicJwk = () => JSON.stringify(rs256);

describe('an HS256 resource server', () => {
  it('verifies its tokens with the secret that it shares with the issuer, and with nothing else', async () => {
    const token = await ledgerToken();
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'at+jwt' });
    expect(await verifyAtLedger(token)).toMatchObject({
      iss: stack.issuer,
      aud: LEDGER,
      sub: 'demo-service',
      scope: 'orders:read',
    });
  });

  it.each<[token: string, make: () => Promise<string>]>([
    ['an RS256 token for the API', apiToken],
    [
      'an RS256 token under its own audience',
      () => tokenFor(stack.issuer, 'demo-service', { resource: `${stack.api}/demo/rs256` }),
    ],
    [
      'a token of another HS256 resource server',
      () => tokenFor(stack.issuer, 'demo-service', { resource: VAULT }),
    ],
    ['its own claims under the secret of another', () => forged(LEDGER, secrets.vault)],
    ['an HMAC with the public key of the issuer as PEM (RFC 8725 §2.1)', () => forged(LEDGER, publicPem())],
    ['an HMAC with the public key of the issuer as JWK (RFC 8725 §2.1)', () => forged(LEDGER, publicJwk())],
    ['an HMAC with the modulus of the issuer', () => forged(LEDGER, Buffer.from(rs256.n ?? '', 'base64url'))],
    ['an HMAC with nothing', () => forged(LEDGER, '')],
    ['another type', () => forged(LEDGER, secrets.ledger, { typ: 'JWT' })],
    ['alg none', () => forged(LEDGER, secrets.ledger, { alg: 'none' })],
  ])('does not take %s', async (_token, make) => {
    await expect(verifyAtLedger(await make())).rejects.toBeInstanceOf(errors.JOSEError);
  });

  it.each<[token: string, make: () => Promise<string>]>([
    ['its tokens', ledgerToken],
    ['a token that its backend makes for the API', () => forged(stack.api, secrets.ledger)],
    ['the same with the kid of the RS256 key', () => forged(stack.api, secrets.ledger, { kid: rs256.kid })],
    ['an HMAC with the public key as PEM (JWT-02)', () => forged(stack.api, publicPem(), { kid: rs256.kid })],
    ['an HMAC with the public key as JWK (JWT-02)', () => forged(stack.api, publicJwk(), { kid: rs256.kid })],
    [
      'the alg of the key over an HMAC',
      () => forged(stack.api, secrets.ledger, { alg: 'RS256', kid: rs256.kid }),
    ],
  ])('cannot make the gateway take %s', async (_token, make) => {
    const { status, headers } = await new ApiClient(stack.api, await make()).get('/me');
    expect([status, headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('error="invalid_token"'),
    ]);
  });

  it.each<[endpoint: string, send: (token: string) => Promise<number>]>([
    [
      'userinfo',
      async (token) =>
        (await fetch(`${stack.issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status,
    ],
    [
      'the token exchange',
      async (token) => {
        const request = {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: token,
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        };
        return (await requestAs(stack.issuer, 'demo-exchange', request)).status;
      },
    ],
    ['introspection', async (token) => (await introspect(token)).status],
  ])('cannot make the issuer take its tokens at %s', async (_endpoint, send) => {
    for (const token of [await ledgerToken(), await forged(stack.issuer, secrets.ledger)]) {
      expect([400, 401]).toContain(await send(token));
    }
  });

  it('leaves no trace in what the issuer publishes (DIS-05, JWK-09)', async () => {
    const published = await Promise.all(
      ['openid-configuration', 'oauth-authorization-server', 'jwks.json'].map(async (name) =>
        (await fetch(`${stack.issuer}/.well-known/${name}`)).text(),
      ),
    );
    expect(published.join()).not.toMatch(/HS\d\d\d|"oct"|"k":/);
  });

  it('has its secret in no log line', () => {
    const text = stack.lines.map((line) => line.text).join();
    for (const secret of Object.values(secrets)) expect(text).not.toContain(secret.toString('base64url'));
  });

  it('does not start when it shares its secret with another', async () => {
    const settings = [hs256(LEDGER, 'ledger'), hs256('https://two.example', 'ledger')];
    const end = await withFolder((dataDir) =>
      runToEnd('auth', {
        DEMO: 'true',
        DATA_DIR: dataDir,
        RESOURCE_SERVERS: JSON.stringify(settings),
      }),
    );
    expect(end).toMatchObject({
      exitCode: 78,
      stderr: expect.stringContaining('two resource servers have the same secret'),
    });
  }, 70_000);
});

function introspect(token: string): Promise<Response> {
  const body = new URLSearchParams({ token });
  return fetch(`${stack.issuer}/introspect`, {
    method: 'POST',
    body,
    headers: basic('demo-service', 'demo-service-secret'),
  });
}

describe('a resource server whose tokens live for a second', () => {
  it('has tokens that introspection calls inactive from then on, as if they had never been (INT-02)', async () => {
    const token = await tokenFor(stack.issuer, 'demo-service', { resource: SHORT });
    expect(await (await introspect(token)).json()).toMatchObject({ active: true, aud: SHORT });
    await delay(2_100);
    const [expired, unknown] = await Promise.all([introspect(token), introspect('never-issued')]);
    expect(await expired.text()).toBe('{"active":false}');
    expect(await unknown.text()).toBe('{"active":false}');
  });
});
