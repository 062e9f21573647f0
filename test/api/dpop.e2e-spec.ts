import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { CLIENT_ID, DemoWebClient, REDIRECT_URI } from '../support/demo-web-client.ts';
import { currentNonce, DpopKey, dpopTokenRequest, seconds, type ProofChanges } from '../support/dpop-key.ts';
import { api, issuer } from '../support/running-stack.ts';
import { basic, tokenRequest, tokens, type TokenAnswer, type Tokens } from '../support/token-endpoint.ts';

const CUSTOMER = 'customer@example.com';
const SERVICE = basic('demo-service', 'demo-service-secret');
const CLIENT_CREDENTIALS = { grant_type: 'client_credentials', scope: 'orders:read' };
const TOKEN_ENDPOINT = `${issuer}/token`;

const web = new DemoWebClient(issuer);
const [key, anotherKey] = [await DpopKey.generate(), await DpopKey.generate()];
let nonce: string;
beforeAll(async () => {
  nonce = await currentNonce(issuer);
});

/** Sends demo-service's token request with a proof as a header of any content. */
const withProof = (dpop: string): Promise<TokenAnswer> =>
  tokenRequest(issuer, CLIENT_CREDENTIALS, { ...SERVICE, dpop });
const proof = (changes: ProofChanges = {}): Promise<string> =>
  key.proof({ method: 'POST', url: TOKEN_ENDPOINT, nonce }, changes);

/** Logs in with tokens bound to a key. */
async function logIn(scope = 'openid orders:read', boundTo = key): Promise<Tokens> {
  const code = await web.obtainCode(CUSTOMER, { scope });
  return tokens.parse((await exchange(code, boundTo)).body);
}

const exchange = (code: string, boundTo: DpopKey): Promise<TokenAnswer> =>
  dpopTokenRequest(issuer, boundTo, {
    grant_type: 'authorization_code',
    client_id: CLIENT_ID,
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: web.codeVerifier,
  });

const refresh = (refresh_token: string, boundTo: DpopKey): Promise<TokenAnswer> =>
  dpopTokenRequest(issuer, boundTo, { grant_type: 'refresh_token', client_id: CLIENT_ID, refresh_token });

describe('a DPoP proof at the token endpoint', () => {
  it('binds the access token to its key (BCP-08, DPO-16)', async () => {
    const { status, body } = await withProof(await proof());
    expect([status, body]).toMatchObject([200, { token_type: 'DPoP' }]);
    const { access_token } = tokens.pick({ access_token: true }).parse(body);
    expect(decodeJwt(access_token)).toMatchObject({ cnf: { jkt: key.thumbprint } });
  });

  it.each<[deviation: string, dpop: () => Promise<string>]>([
    ['two of them in a header (DPO-01)', async () => `${await proof()}, ${await proof()}`],
    ['no JWT (DPO-02)', async () => 'not-a-jwt'],
    ['five parts (DPO-02)', async () => `${await proof()}.x.y`],
    ['a JWS in JSON (DPO-02)', async () => JSON.stringify({ payload: (await proof()).split('.')[1] })],
    ['no jti (DPO-03)', () => proof({ claims: { jti: undefined } })],
    ['no htm (DPO-03)', () => proof({ claims: { htm: undefined } })],
    ['no htu (DPO-03)', () => proof({ claims: { htu: undefined } })],
    ['no iat (DPO-03)', () => proof({ claims: { iat: undefined } })],
    ['the typ of an access token (DPO-04)', () => proof({ header: { typ: 'at+jwt' } })],
    ['no typ (DPO-04)', () => proof({ header: { typ: undefined } })],
    ['alg none (DPO-05)', async () => reheaded(await proof(), { alg: 'none' }, '')],
    ['alg HS256 (DPO-05)', async () => reheaded(await proof(), { alg: 'HS256' })],
    ['an alg that the issuer does not name (DPO-05)', async () => reheaded(await proof(), { alg: 'RS1' })],
    ['a signature by another key (DPO-06)', () => proof({ signedBy: anotherKey })],
    ['an altered claim (DPO-06)', async () => altered(await proof())],
    ['the private key in it (DPO-07)', () => proof({ header: { jwk: key.privateJwk } })],
    ['no key (DPO-07)', () => proof({ header: { jwk: undefined } })],
    ['a symmetric key (DPO-07)', () => proof({ header: { jwk: { kty: 'oct', k: 'AAAA' } } })],
    ['GET for POST (DPO-08)', () => proof({ claims: { htm: 'GET' } })],
    ['the method in small letters (DPO-08)', () => proof({ claims: { htm: 'post' } })],
    ['another path (DPO-09)', () => proof({ claims: { htu: `${issuer}/par` } })],
    ['another host (DPO-09)', () => proof({ claims: { htu: 'https://evil.example/token' } })],
    ['another port (DPO-09)', () => proof({ claims: { htu: 'http://localhost:1/token' } })],
    ['another scheme (DPO-09)', () => proof({ claims: { htu: TOKEN_ENDPOINT.replace('http:', 'https:') } })],
    ['an iat of 301 seconds ago (DPO-11)', () => proof({ claims: { iat: seconds() - 302 } })],
    ['an iat in 61 seconds (DPO-11)', () => proof({ claims: { iat: seconds() + 63 } })],
  ])('is refused with %s', async (_deviation, dpop) => {
    expect(await withProof(await dpop())).toMatchObject({
      status: 400,
      body: { error: 'invalid_dpop_proof' },
    });
  });

  it.each([
    ['299 seconds ago', -299],
    ['in 55 seconds', 55],
  ])('may have been made %s (DPO-11)', async (_when, offset) => {
    expect((await withProof(await proof({ claims: { iat: seconds() + offset } }))).status).toBe(200);
  });

  it('may name the endpoint with a query and a fragment, which do not count (DPO-09)', async () => {
    const { status } = await withProof(await proof({ claims: { htu: `${TOKEN_ENDPOINT}?a=b#c` } }));
    expect(status).toBe(200);
  });

  it('does not pass for another host by a Host or X-Forwarded-Host of the caller (DPO-09)', async () => {
    const dpop = await proof({ claims: { htu: 'http://evil.example/token' } });
    const headers = { ...SERVICE, dpop, 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' };
    const { body } = await tokenRequest(issuer, CLIENT_CREDENTIALS, headers);
    expect(body).toMatchObject({ error: 'invalid_dpop_proof' });
  });

  it.each<[deviation: string, claims: { nonce: string | undefined }]>([
    ['without a nonce (DPO-10)', { nonce: undefined }],
    ['with a nonce that the issuer did not make (DPO-10)', { nonce: 'A'.repeat(43) }],
  ])('%s is answered with the nonce to use', async (_deviation, claims) => {
    const { status, headers, body } = await withProof(await proof({ claims }));
    expect([status, body]).toMatchObject([400, { error: 'use_dpop_nonce' }]);
    expect(headers.get('dpop-nonce')).toMatch(/^[\w-]{43}$/);
  });

  it('is good for one of 20 requests at once (DPO-15)', async () => {
    const dpop = await proof();
    const answers = await Promise.all(Array.from({ length: 20 }, () => withProof(dpop)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(19);
  });
});

describe('an authorization code', () => {
  it('that was asked for with the thumbprint of a key is exchanged with that key (DPO-17)', async () => {
    const code = await web.obtainCode(CUSTOMER, { dpop_jkt: key.thumbprint });
    expect(await exchange(code, key)).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
  });

  it.each<[how: string, redeem: (code: string) => Promise<TokenAnswer>]>([
    ['with another key', (code) => exchange(code, anotherKey)],
    ['without a key', (code) => web.exchange(code)],
  ])('that was asked for so is not exchanged %s (DPO-17)', async (_how, redeem) => {
    const code = await web.obtainCode(CUSTOMER, { dpop_jkt: key.thumbprint });
    expect(await redeem(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });
});

describe('the refresh token of a public client', () => {
  it('is good with the key that it was given to, and gives tokens bound to that (DPO-16)', async () => {
    const { refresh_token, token_type } = await logIn();
    expect(token_type).toBe('DPoP');
    const refreshed = tokens.parse((await refresh(refresh_token, key)).body);
    expect(refreshed.token_type).toBe('DPoP');
    expect(decodeJwt(refreshed.access_token)).toMatchObject({ cnf: { jkt: key.thumbprint } });
  });

  it.each<[how: string, use: (refreshToken: string) => Promise<TokenAnswer>]>([
    ['with another key', (refreshToken) => refresh(refreshToken, anotherKey)],
    ['without a key', (refreshToken) => web.refresh(refreshToken)],
  ])('is refused %s, and stays good for its owner (DPO-16, BCP-09)', async (_how, use) => {
    const { refresh_token } = await logIn();
    expect(await use(refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await refresh(refresh_token, key)).status).toBe(200);
  });

  it('has one successor within the grace for its owner, and none for another key', async () => {
    const { refresh_token } = await logIn();
    const first = tokens.parse((await refresh(refresh_token, key)).body);
    expect((await refresh(refresh_token, anotherKey)).status).toBe(400);
    const again = tokens.parse((await refresh(refresh_token, key)).body);
    expect(again.refresh_token).toBe(first.refresh_token);
  });
});

describe('userinfo', () => {
  const url = `${issuer}/userinfo`;
  const ask = (authorization: string, dpop?: string): Promise<Response> =>
    fetch(url, { headers: { authorization, ...(dpop !== undefined && { dpop }) } });
  const proofFor = (accessToken: string, changes: ProofChanges = {}): Promise<string> =>
    key.proof({ method: 'GET', url, nonce, accessToken }, changes);

  let bound: string;
  beforeAll(async () => {
    ({ access_token: bound } = await logIn('openid email'));
  });

  it('answers to a bound token with a proof', async () => {
    const response = await ask(`DPoP ${bound}`, await proofFor(bound));
    expect([response.status, await response.json()]).toMatchObject([200, { email: CUSTOMER }]);
  });

  it.each<[deviation: string, dpop: () => Promise<string>, error: string]>([
    ['no ath (DPO-12)', () => proofFor(bound, { claims: { ath: undefined } }), 'invalid_dpop_proof'],
    ['the ath of another token (DPO-12)', () => proofFor('another'), 'invalid_dpop_proof'],
    [
      'a proof of another key (DPO-12)',
      () => anotherKey.proof({ method: 'GET', url, nonce, accessToken: bound }),
      'invalid_token',
    ],
    ['a proof for POST (DPO-08)', () => proofFor(bound, { claims: { htm: 'POST' } }), 'invalid_dpop_proof'],
    [
      'a proof for another endpoint (DPO-09)',
      () => proofFor(bound, { claims: { htu: TOKEN_ENDPOINT } }),
      'invalid_dpop_proof',
    ],
    [
      'a proof without a nonce (DPO-10)',
      () => proofFor(bound, { claims: { nonce: undefined } }),
      'use_dpop_nonce',
    ],
  ])(
    'refuses a bound token with %s, and says which algorithms it takes (DPO-18)',
    async (_deviation, dpop, error) => {
      const response = await ask(`DPoP ${bound}`, await dpop());
      const challenge = response.headers.get('www-authenticate');
      expect(response.status).toBe(401);
      expect(challenge).toMatch(/^DPoP .*algs="[^"]*ES256/);
      expect(challenge).toContain(`error="${error}"`);
    },
  );

  it('takes a proof once (DPO-15)', async () => {
    const dpop = await proofFor(bound);
    expect((await ask(`DPoP ${bound}`, dpop)).status).toBe(200);
    expect((await ask(`DPoP ${bound}`, dpop)).status).toBe(401);
  });

  it('refuses a bound token as Bearer (DPO-13)', async () => {
    expect((await ask(`Bearer ${bound}`)).status).toBe(401);
    expect((await ask(`Bearer ${bound}`, await proofFor(bound))).status).toBe(400);
  });

  it('refuses a bound token without a proof', async () => {
    expect((await ask(`DPoP ${bound}`)).status).toBe(400);
  });

  it('refuses a token that is bound to nothing as DPoP (DPO-14)', async () => {
    const { access_token: plain } = await web.logIn(CUSTOMER, { scope: 'openid email' });
    const response = await ask(`DPoP ${plain}`, await proofFor(plain));
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^DPoP .*error="invalid_token"/);
  });
});

describe('the gateway', () => {
  it('refuses a bound token as Bearer (DPO-13)', async () => {
    const { access_token: bound } = await logIn();
    const response = await fetch(`${api}/me`, { headers: { authorization: `Bearer ${bound}` } });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });
});

function reheaded(jwt: string, changes: Record<string, string>, signature = jwt.split('.')[2]): string {
  const [header = '', payload = ''] = jwt.split('.');
  const parsed: object = JSON.parse(Buffer.from(header, 'base64url').toString());
  return [encode({ ...parsed, ...changes }), payload, signature].join('.');
}

function altered(jwt: string): string {
  const [header = '', payload = '', signature = ''] = jwt.split('.');
  const parsed: object = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return [header, encode({ ...parsed, jti: 'another' }), signature].join('.');
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
