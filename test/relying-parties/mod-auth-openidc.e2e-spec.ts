import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import getPort from 'get-port';
import { decodeJwt } from 'jose';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { Browser, type Page } from '../../tools/demo/browser.ts';
import { Apache, missingApache } from '../support/apache.ts';
import { PASSWORD } from '../support/demo-web-client.ts';
import { api, issuer } from '../support/running-stack.ts';
import { basic, serviceToken, tokenRequest } from '../support/token-endpoint.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const headersOfApplication = z.record(z.string(), z.string());
const accessToken = z.looseObject({ access_token: z.string() });

const missing = missingApache();
if (missing !== undefined)
  process.stderr.write(`!!! SKIPPED: mod_auth_openidc as a relying party: ${missing}\n`);

/**
 * mod_auth_openidc as a relying party, a resource server for JWTs, and one that introspects. It speaks to the issuer over
 * TLS only when it is a resource server; the fourth host puts that in front.
 */
function directives(relyingParty: number, jwt: number, opaque: number, tls: number): string {
  return `
<VirtualHost 127.0.0.1:${relyingParty}>
  OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
  OIDCClientID demo-web
  OIDCProviderTokenEndpointAuth none
  OIDCRedirectURI http://127.0.0.1:${relyingParty}/callback
  OIDCCryptoPassphrase a-passphrase-of-this-test-alone
  OIDCResponseType code
  OIDCPKCEMethod S256
  OIDCScope "openid profile email"
  OIDCPassRefreshToken On
  OIDCRedirectURLsAllowed ^${api}/console$ ^http://127\\.0\\.0\\.1:${relyingParty}/
  OIDCRemoteUserClaim sub
  <Location />
    AuthType openid-connect
    OIDCUnAuthAction auth true
    Require valid-user
    ProxyPass @APPLICATION@
  </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:${jwt}>
  OIDCOAuthVerifyJwksUri https://localhost:${tls}/.well-known/jwks.json
  OIDCCABundlePath tls.crt
  OIDCOAuthRemoteUserClaim sub
  <Location />
    AuthType oauth20
    <RequireAll>
      Require claim iss:${issuer}
      Require claim aud:${api}
      Require claim "scope~(^| )orders:read( |$)"
    </RequireAll>
    ProxyPass @APPLICATION@
  </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:${opaque}>
  OIDCOAuthIntrospectionEndpoint https://localhost:${tls}/introspect
  OIDCCABundlePath tls.crt
  OIDCOAuthClientID gateway
  OIDCOAuthClientSecret gateway-secret
  OIDCOAuthIntrospectionEndpointAuth client_secret_basic
  OIDCOAuthRemoteUserClaim sub
  <Location />
    AuthType oauth20
    Require claim client_id:demo-opaque
    ProxyPass @APPLICATION@
  </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:${tls}>
  SSLEngine on
  SSLCertificateFile tls.crt
  SSLCertificateKeyFile tls.key
  ProxyPass / ${issuer}/
</VirtualHost>
`;
}

(missing === undefined ? describe : describe.skip)('mod_auth_openidc, as Debian ships it', () => {
  let apache: Apache | undefined;
  let site: string;
  let jwtResource: string;
  let opaqueResource: string;

  beforeAll(async () => {
    const ports = [await getPort(), await getPort(), await getPort(), await getPort()] as const;
    [site, jwtResource, opaqueResource] = ports.map((port) => `http://127.0.0.1:${port}`) as [
      string,
      string,
      string,
    ];
    apache = await Apache.start(ports, directives(...ports));
  });
  afterAll(() => apache?.dispose());

  describe('as a relying party', () => {
    const browser = new Browser(() => undefined);
    let page: Page;

    function headers(): Record<string, string> {
      if (page.status !== 200)
        throw new Error(`${page.status} ${page.url.href}\n${page.text}\n${apache?.log()}`);
      return headersOfApplication.parse(JSON.parse(page.text));
    }

    beforeAll(async () => {
      const loginPage = await browser.open(new URL(`${site}/orders?page=2`));
      const consentPage = await browser.submit(loginPage, '/login', {
        email: 'customer@example.com',
        password: PASSWORD,
      });
      page = await browser.submit(consentPage, '/consent', { consent: 'allow' });
    });

    it('logs a person in by code and PKCE, and leads back to the page that was asked for', () => {
      expect(page).toMatchObject({ status: 200 });
      expect(page.url.href).toBe(`${site}/orders?page=2`);
    });

    it('tells the application who it is: claims of the ID token and of userinfo', () => {
      expect(headers()).toMatchObject({
        oidc_claim_iss: issuer,
        oidc_claim_aud: 'demo-web',
        oidc_claim_sub: expect.stringMatching(UUID),
        oidc_claim_email: 'customer@example.com',
        oidc_claim_name: 'Carla Customer',
      });
    });

    it('refreshes on demand, and has another access token and refresh token', async () => {
      const before = headers();
      await delay(1_000);
      const url = new URL('/callback', site);
      url.search = new URLSearchParams({
        refresh: `${site}/refreshed`,
        access_token: before['oidc_access_token'] ?? '',
      }).toString();
      page = await browser.open(url);
      const after = headers();
      expect(page.url.href).toBe(`${site}/refreshed`);
      expect(after['oidc_access_token']).not.toBe(before['oidc_access_token']);
      expect([undefined, before['oidc_refresh_token']]).not.toContain(after['oidc_refresh_token']);
    });

    it('logs out at the issuer, and its refresh token is good for nothing more', async () => {
      const { oidc_refresh_token: refreshToken } = headers();
      const logout = new URL('/callback', site);
      logout.searchParams.set('logout', `${api}/console`);
      const left = await browser.submit(await browser.open(logout), '/logout/confirm', { logout: 'yes' });
      expect(left.url.href).toBe(`${api}/console`);

      const refresh = { grant_type: 'refresh_token', client_id: 'demo-web', refresh_token: refreshToken };
      expect(await tokenRequest(issuer, refresh)).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' },
      });
      const again = await browser.open(new URL(`${site}/orders`));
      expect(again.url.origin).toBe(issuer);
      expect(again.text).toContain('password');
    });
  });

  describe('as a resource server', () => {
    function get(origin: string, token: string): Promise<Response> {
      return fetch(`${origin}/`, { headers: { authorization: `Bearer ${token}` } });
    }

    async function opaqueToken(): Promise<string> {
      const credentials = basic('demo-opaque', 'demo-opaque-secret');
      const { body } = await tokenRequest(issuer, { grant_type: 'client_credentials' }, credentials);
      return accessToken.parse(body).access_token;
    }

    it('verifies a JWT access token by the published keys', async () => {
      const token = await serviceToken(issuer);
      const response = await get(jwtResource, token);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({
        oidc_claim_sub: 'demo-service',
        oidc_claim_jti: decodeJwt(token).jti,
      });
    });

    it.each([
      ['an altered JWT', async () => `${(await serviceToken(issuer)).slice(0, -8)}AAAAAAAA`],
      ['a JWT of another scope', () => serviceToken(issuer, 'payments:read')],
      ['an opaque token', opaqueToken],
    ])('refuses %s where JWTs are expected', async (_title, token) => {
      expect((await get(jwtResource, await token())).status).toBe(401);
    });

    it('learns by introspection whose opaque token it is (RFC 7662)', async () => {
      const response = await get(opaqueResource, await opaqueToken());
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({
        oidc_claim_sub: 'demo-opaque',
        oidc_claim_client_id: 'demo-opaque',
      });
    });

    it('refuses an opaque token that was never issued', async () => {
      expect((await get(opaqueResource, 'never-issued')).status).toBe(401);
    });
  });
});
