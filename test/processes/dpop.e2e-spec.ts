import { hostileProofs, ProofForge } from '@countersign/auth/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from '../support/api-client.ts';
import { tokenBoundTo } from '../support/bound-tokens.ts';
import { parseChallenges } from '../support/challenge.ts';
import { DpopClient } from '../support/dpop-client.ts';
import { headerOf, rawRequest } from '../support/raw-http.ts';
import { TestStack } from '../support/test-stack.ts';
import { serviceToken } from '../support/token-endpoint.ts';

const ALGORITHMS = 'algs="ES256 EdDSA Ed25519 PS256 RS256"';
const ERRORS: Readonly<Record<string, string>> = {
  proof_nonce_required: 'use_dpop_nonce',
  confirmation_unproven: 'invalid_token',
};
const forge = new ProofForge(Date.now);

// The rows are made twice: here, so that the runner knows their titles, and below for the running gateway.
const titles = hostileProofs(forge, {
  method: 'GET',
  uri: 'http://localhost:3000/me',
  accessToken: 'x',
  nonce: 'x'.repeat(43),
}).map(({ id, code, title }, index) => ({ id, code, title, index }));

let stack: TestStack;
let client: DpopClient;
let plainToken: string;

beforeAll(async () => {
  stack = await TestStack.prepare();
  await stack.start();
  plainToken = await serviceToken(stack.issuer);
  client = new DpopClient(forge, await tokenBoundTo(forge, stack.issuer), stack.api);
}, 120_000);
afterAll(() => stack.dispose());

/** What the log says of the requests that are refused meanwhile; the last of so many. */
async function refusalOf(send: () => Promise<unknown>, count = 1): Promise<unknown> {
  const text = '"msg":"refused"';
  const before = stack.lines.filter((line) => line.text.includes(text)).length;
  await send();
  const lines = await stack.linesWith(text, before + count);
  return JSON.parse(lines.at(-1)?.text ?? '');
}

describe('the gateway', () => {
  it('tells a client which nonce a proof needs, and takes the token of the issuer with it (DPO-10)', async () => {
    let refused = new Response();
    const logged = await refusalOf(async () => (refused = await client.call()));
    expect(logged).toMatchObject({ code: 'proof_nonce_required' });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toMatch(/^DPoP .*error="use_dpop_nonce"/);
    expect(refused.headers.get('dpop-nonce')).toMatch(/^[\w-]{43}$/);

    const accepted = await client.call();
    expect(accepted.status).toBe(200);
    expect(accepted.headers.get('dpop-nonce')).toMatch(/^[\w-]{43}$/);
    expect(await accepted.json()).toMatchObject({
      clientId: 'demo-service',
      confirmation: { jkt: forge.thumbprint },
    });
  });

  it.each(titles)('refuses a request with $title ($id)', async ({ index, code }) => {
    const { token: accessToken, nonce } = client;
    const request = { method: 'GET', uri: `${stack.api}/me`, accessToken, nonce };
    const headers = hostileProofs(forge, request)[index]?.headers ?? [];
    const logged = await refusalOf(async () => {
      const answer = await getMe(headers.map((value) => `DPoP: ${value}`));
      const challenge = headerOf(answer, 'www-authenticate');
      expect([answer.status, challenge]).toEqual([401, expect.stringMatching(/^DPoP realm="/)]);
      expect(challenge).toContain(`error="${ERRORS[code] ?? 'invalid_dpop_proof'}"`);
      expect(challenge).toContain(ALGORITHMS);
    });
    expect(logged).toMatchObject({ route: 'GET /me', status: 401, code });
  });

  it('names both schemes, and the algorithms of proofs, to who comes without a token (DPO-18)', async () => {
    const logged = await refusalOf(async () => {
      const { status, headers } = await new ApiClient(stack.api).get('/me');
      expect(status).toBe(401);
      const [bearer, dpop] = parseChallenges(headers.get('www-authenticate'));
      expect([bearer?.scheme, dpop?.scheme]).toEqual(['Bearer', 'DPoP']);
      expect(bearer?.parameters.has('algs')).toBe(false);
      expect(dpop?.parameters.get('algs')).toBe('ES256 EdDSA Ed25519 PS256 RS256');
      expect(dpop?.parameters.has('error')).toBe(false);
    });
    expect(logged).toMatchObject({ code: 'credentials_missing' });
  });

  it.each(['without a proof', 'with a proof'])('refuses a bound token as Bearer %s (DPO-13)', async (how) => {
    expect((await client.call()).status).toBe(200); // it is remembered
    const logged = await refusalOf(async () => {
      const headers = how === 'with a proof' ? { dpop: client.proof() } : undefined;
      const answer = await new ApiClient(stack.api, client.token).get('/me', headers);
      const challenge = answer.headers.get('www-authenticate');
      expect([answer.status, challenge]).toEqual([401, expect.stringMatching(/^Bearer .*"invalid_token"/)]);
      expect(challenge).toContain(`DPoP realm="${stack.api}", ${ALGORITHMS}`);
    });
    expect(logged).toMatchObject({ code: 'confirmation_unproven' });
  });

  it('refuses a token that is bound to nothing as DPoP (DPO-14)', async () => {
    const thief = new DpopClient(forge, plainToken, stack.api, client.nonce);
    const logged = await refusalOf(async () => {
      const { status, headers } = await thief.call();
      expect([status, headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringMatching(/^DPoP .*error="invalid_token"/),
      ]);
    });
    expect(logged).toMatchObject({ code: 'confirmation_missing' });
  });

  it('takes one of twenty requests with one proof at once (DPO-15)', async () => {
    const proof = client.proof();
    const logged = await refusalOf(async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => client.send(proof)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
    }, 19);
    expect(logged).toMatchObject({ code: 'proof_replayed' });
  });

  it('does not learn from a caller by which name it goes (DPO-09)', async () => {
    const proof = client.proof({}, { claims: { htu: 'http://evil.example/me' } });
    const names = ['X-Forwarded-Host: evil.example', 'Forwarded: host=evil.example'];
    const logged = await refusalOf(async () => {
      const { status } = await getMe([...names, `DPoP: ${proof}`], 'evil.example');
      expect(status).toBe(401);
    });
    expect(logged).toMatchObject({ code: 'proof_mismatch' });
  });

  it('takes a proof that names the address with a query (DPO-09)', async () => {
    const proof = client.proof({}, { claims: { htu: `${stack.api}/me?a=b#c` } });
    expect((await client.send(proof, { path: '/me?d=e' })).status).toBe(200);
  });

  it('calls the services behind it for the same caller: the transaction token is bound to no key', async () => {
    expect((await client.call({ path: '/orders' })).status).toBe(200);
  });

  it('takes an opaque token that is bound to a key, with a proof alone (DPO-13)', async () => {
    const token = await tokenBoundTo(forge, stack.issuer, 'demo-opaque');
    expect(token).not.toContain('.');
    expect((await new DpopClient(forge, token, stack.api, client.nonce).call()).status).toBe(200);
    const logged = await refusalOf(async () => {
      expect((await new ApiClient(stack.api, token).get('/me')).status).toBe(401);
    });
    expect(logged).toMatchObject({ code: 'confirmation_unproven' });
  });

  it('goes on to take bearer tokens, and tells nothing of nonces with them', async () => {
    const { status, headers } = await new ApiClient(stack.api, plainToken).get('/me');
    expect([status, headers.get('dpop-nonce')]).toEqual([200, null]);
  });

  it('writes neither token nor proof to its log', () => {
    expect(stack.lines.map(({ text }) => text).join('\n')).not.toMatch(/eyJ[\w-]+\.eyJ[\w-]+/);
  });
});

/** `GET /me` with the bound token, and headers as they are. */
function getMe(headers: readonly string[], host = new URL(stack.api).host) {
  const authorization = `Authorization: DPoP ${client.token}`;
  const request = ['GET /me HTTP/1.1', `Host: ${host}`, 'Connection: close', authorization, ...headers];
  return rawRequest(stack.api, request);
}
