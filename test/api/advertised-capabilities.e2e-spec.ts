import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { z } from 'zod';
import { DemoBackend } from '../support/demo-backend.ts';
import { DemoWebClient, REDIRECT_URI } from '../support/demo-web-client.ts';
import { currentNonce } from '../support/dpop-key.ts';
import { operator, publicClient, type AdminCaller } from '../support/operator.ts';
import { issuer } from '../support/running-stack.ts';
import { basic, tokenRequest } from '../support/token-endpoint.ts';
import { UserAgent } from '../support/user-agent.ts';

const CUSTOMER = 'customer@example.com';
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const CREDENTIALS = { grant_type: 'client_credentials', scope: 'orders:read' };
const suffix = crypto.randomUUID().slice(0, 8);

const list = z.array(z.string());
const metadata = z
  .looseObject({
    claims_supported: list,
    dpop_signing_alg_values_supported: list,
    id_token_signing_alg_values_supported: list,
    response_modes_supported: list,
    scopes_supported: list,
    token_endpoint_auth_methods_supported: list,
    token_endpoint_auth_signing_alg_values_supported: list,
  })
  .parse(await (await fetch(`${issuer}/.well-known/openid-configuration`)).json());

/** Asymmetric algorithms that the issuer could know: what it does not name it must not take. */
const OTHER_ALGORITHMS = ['RS384', 'RS512', 'PS384', 'PS512', 'ES384', 'ES512'];

let admin: AdminCaller;
let web: DemoWebClient;
beforeAll(async () => {
  admin = await operator(issuer);
  web = new DemoWebClient(issuer);
});

const keyPair = (alg: string) => generateKeyPair(alg, { extractable: true });

describe('an algorithm of DPoP proofs', () => {
  async function bind(alg: string) {
    const { privateKey, publicKey } = await keyPair(alg);
    const proof = await new SignJWT({
      htm: 'POST',
      htu: `${issuer}/token`,
      nonce: await currentNonce(issuer),
    })
      .setProtectedHeader({ alg, typ: 'dpop+jwt', jwk: await exportJWK(publicKey) })
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .sign(privateKey);
    const headers = { ...basic('demo-service', 'demo-service-secret'), dpop: proof };
    return tokenRequest(issuer, CREDENTIALS, headers);
  }

  it.each(metadata.dpop_signing_alg_values_supported)('that is named is taken: %s (DIS-03)', async (alg) => {
    expect(await bind(alg)).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
  });

  it.each(OTHER_ALGORITHMS)('that is not named is refused: %s (DIS-03, DPO-05)', async (alg) => {
    expect(metadata.dpop_signing_alg_values_supported).not.toContain(alg);
    expect(await bind(alg)).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
  });
});

describe('an algorithm of client assertions', () => {
  const assertion = (clientId: string, alg: string, key: CryptoKey | Uint8Array) =>
    new SignJWT()
      .setProtectedHeader({ alg })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(issuer)
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setExpirationTime('50s')
      .sign(key);

  /** As a client whose key may be used with any algorithm that fits it. */
  async function authenticate(alg: string, keys: Awaited<ReturnType<typeof keyPair>>) {
    const clientId = `assertion-${alg.toLowerCase()}-${suffix}`;
    const { kty, n, e, crv, x, y } = await exportJWK(keys.publicKey);
    const registration = await admin.call('POST', '/clients', {
      client_id: clientId,
      token_endpoint_auth_method: 'private_key_jwt',
      grant_types: ['client_credentials'],
      scope: 'orders:read',
      jwks: { keys: [JSON.parse(JSON.stringify({ kid: 'k', kty, n, e, crv, x, y }))] },
    });
    const client_assertion = await assertion(clientId, alg, keys.privateKey);
    const answer = await tokenRequest(issuer, {
      ...CREDENTIALS,
      client_assertion,
      client_assertion_type: ASSERTION_TYPE,
    });
    return { registration, answer };
  }

  it.each(metadata.token_endpoint_auth_signing_alg_values_supported)(
    'that is named authenticates: %s (DIS-03)',
    async (alg) => {
      const { registration, answer } = await authenticate(alg, await keyPair(alg));
      expect([registration.status, answer.status]).toEqual([201, 200]);
    },
  );

  it.each(OTHER_ALGORITHMS)('that is not named authenticates nobody: %s (DIS-03)', async (alg) => {
    expect(metadata.token_endpoint_auth_signing_alg_values_supported).not.toContain(alg);
    const { registration, answer } = await authenticate(alg, await keyPair(alg));
    // An RSA key can be registered, whatever it will be used with; a curve that no algorithm here has cannot.
    expect(registration.status).toBe(alg.startsWith('ES') ? 400 : 201);
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('is not HS256 with the secret of the client (DIS-03, DIS-05)', async () => {
    const secret = Buffer.from('demo-service-secret'.padEnd(32, '\0'));
    const client_assertion = await assertion('demo-service', 'HS256', secret);
    const parameters = { ...CREDENTIALS, client_assertion, client_assertion_type: ASSERTION_TYPE };
    expect(await tokenRequest(issuer, parameters)).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
  });
});

describe('a way to authenticate', () => {
  const ways: Readonly<Record<string, () => Promise<number>>> = {
    client_secret_basic: async () =>
      (await tokenRequest(issuer, CREDENTIALS, basic('demo-service', 'demo-service-secret'))).status,
    client_secret_post: async () => {
      const secret = { client_id: 'demo-service', client_secret: 'demo-service-secret' };
      return (await tokenRequest(issuer, { ...CREDENTIALS, ...secret })).status;
    },
    private_key_jwt: async () => (await (await DemoBackend.load(issuer)).token()).status,
    none: async () => (await web.exchange(await web.obtainCode(CUSTOMER))).status,
  };

  it.each(metadata.token_endpoint_auth_methods_supported)(
    'that is named is there: %s (DIS-03)',
    async (name) => {
      expect(await ways[name]?.()).toBe(200);
    },
  );

  it.each(['client_secret_jwt', 'tls_client_auth', 'self_signed_tls_client_auth', 'attest_jwt_client_auth'])(
    'that is not named cannot be registered: %s (DIS-03)',
    async (method) => {
      expect(metadata.token_endpoint_auth_methods_supported).not.toContain(method);
      const registration = {
        client_id: `method-${suffix}`,
        token_endpoint_auth_method: method,
        grant_types: ['client_credentials'],
        scope: 'orders:read',
      };
      expect(await admin.call('POST', '/clients', registration)).toMatchObject({
        status: 400,
        body: { code: 'invalid_client_metadata' },
      });
    },
  );
});

describe('a response mode', () => {
  const ask = (response_mode: string) =>
    fetch(web.authorizationUrl({ response_mode, prompt: 'none' }), { redirect: 'manual' });
  const answers: Readonly<Record<string, (response: Response) => Promise<string>>> = {
    query: async ({ headers }) => new URL(headers.get('location') ?? '').search,
    fragment: async ({ headers }) => new URL(headers.get('location') ?? '').hash,
    form_post: async (response) => {
      const page = await response.text();
      expect(page).toContain(`action="${REDIRECT_URI}"`);
      const fields = [...page.matchAll(/name="(\w+)" value="([^"]*)"/g)];
      const parameters = new URLSearchParams();
      for (const [, name = '', value = ''] of fields) parameters.set(name, value);
      return parameters.toString();
    },
  };

  it.each(metadata.response_modes_supported)(
    'that is named answers so: %s (DIS-03, BCP-16)',
    async (mode) => {
      const text = (await answers[mode]?.(await ask(mode)))?.replace(/^[#?]/, '');
      expect(Object.fromEntries(new URLSearchParams(text))).toMatchObject({
        error: 'login_required',
        state: 'state-of-the-client',
        iss: issuer,
      });
    },
  );

  it.each(['web_message', 'jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt', 'cookie'])(
    'that is not named is an error: %s (DIS-03)',
    async (mode) => {
      expect(metadata.response_modes_supported).not.toContain(mode);
      const { headers } = await ask(mode);
      expect(new URL(headers.get('location') ?? '').searchParams.get('error')).toBe(
        'unsupported_response_mode',
      );
    },
  );
});

describe('a signature of ID tokens', () => {
  it.each(metadata.id_token_signing_alg_values_supported)(
    'that is named is that of a client which registers for it: %s (DIS-03)',
    async (alg) => {
      const client_id = `id-token-${alg.toLowerCase()}-${suffix}`;
      const client = { ...publicClient(client_id, 'openid'), id_token_signed_response_alg: alg };
      expect(await admin.call('POST', '/clients', client)).toMatchObject({ status: 201 });
      const code = await web.obtainCode(CUSTOMER, { client_id, scope: 'openid' });
      const { body } = await web.exchange(code, { client_id });
      const { id_token: idToken } = z.looseObject({ id_token: z.string() }).parse(body);
      expect(decodeProtectedHeader(idToken)).toMatchObject({ alg });
    },
  );
});

describe('the claims that are named', () => {
  it('are those that an ID token and userinfo have, besides those of every JWT (DIS-03)', async () => {
    const client_id = `claims-${suffix}`;
    await admin.call('POST', '/clients', {
      ...publicClient(client_id, 'openid profile email'),
      backchannel_logout_uri: 'https://app.example/logout',
      backchannel_logout_session_required: true,
    });
    const scope = 'openid profile email';
    const code = await web.obtainCode(CUSTOMER, { client_id, scope, max_age: '3600' });
    const { body } = await web.exchange(code, { client_id });
    const login = z.looseObject({ id_token: z.string(), access_token: z.string() }).parse(body);
    const headers = { authorization: `Bearer ${login.access_token}` };
    const userinfo: unknown = await (await fetch(`${issuer}/userinfo`, { headers })).json();
    const claims = Object.keys({ ...decodeJwt(login.id_token), ...z.looseObject({}).parse(userinfo) });
    const ofEveryToken = new Set(['aud', 'exp', 'iat', 'at_hash']);
    expect(new Set(claims.filter((name) => !ofEveryToken.has(name)))).toEqual(
      new Set(metadata.claims_supported),
    );
  });
});

describe('a scope', () => {
  const client_id = `scopes-${suffix}`;
  beforeAll(async () => {
    await admin.call('POST', '/clients', publicClient(client_id, metadata.scopes_supported.join(' ')));
  });
  const ask = (scope: string) => {
    const resource = scope.endsWith(':admin') ? `${issuer}/admin` : undefined;
    return new UserAgent(issuer).open(
      web.authorizationUrl({ client_id, scope, resource, prompt: 'consent' }),
    );
  };

  it.each(metadata.scopes_supported)('that is named can be asked for: %s (DIS-03)', async (scope) => {
    const { url, status } = await ask(scope === 'openid' ? scope : `openid ${scope}`);
    expect([status, url.pathname.split('/')[1]]).toEqual([200, 'interaction']);
  });

  it.each(['address', 'phone', 'orders:delete', 'admin', '*'])(
    'that is not named is an error: %s (DIS-03, ASVS 10.4.11)',
    async (scope) => {
      expect(metadata.scopes_supported).not.toContain(scope);
      expect((await ask(`openid ${scope}`)).url.searchParams.get('error')).toBe('invalid_scope');
    },
  );
});
