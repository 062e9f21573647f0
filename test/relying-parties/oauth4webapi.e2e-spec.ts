import { beforeAll, describe, expect, it } from '@jest/globals';
import * as oauth from 'oauth4webapi';
import { REDIRECT_URI, SCOPE } from '../support/demo-web-client.ts';
import { Person } from '../support/person.ts';
import { api, issuer } from '../support/running-stack.ts';

// The stack under test is on this machine and has no TLS; oauth4webapi wants that said.
const insecure = { [oauth.allowInsecureRequests]: true } as const;
const WEB: oauth.Client = { client_id: 'demo-web' };
const SERVICE: oauth.Client = { client_id: 'demo-service' };

async function discover(algorithm: 'oidc' | 'oauth2'): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm, ...insecure }));
}

describe('oauth4webapi 3', () => {
  let server: oauth.AuthorizationServer;
  let person: Person;
  let answer: oauth.TokenEndpointResponse;
  let sub: string;

  async function logIn(scope: string): Promise<oauth.TokenEndpointResponse> {
    const codeVerifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const url = new URL(server.authorization_endpoint ?? '');
    url.search = new URLSearchParams({
      client_id: WEB.client_id,
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      scope,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    }).toString();
    person = new Person(issuer);
    const parameters = oauth.validateAuthResponse(server, WEB, await person.approve(url), state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      WEB,
      oauth.None(),
      parameters,
      REDIRECT_URI,
      codeVerifier,
      insecure,
    );
    return verifyIdToken(response, () =>
      oauth.processAuthorizationCodeResponse(server, WEB, response, {
        expectedNonce: nonce,
        requireIdToken: true,
      }),
    );
  }

  async function verifyIdToken(
    response: Response,
    process: () => Promise<oauth.TokenEndpointResponse>,
  ): Promise<oauth.TokenEndpointResponse> {
    const processed = await process();
    await oauth.validateApplicationLevelSignature(server, response, insecure);
    return processed;
  }

  beforeAll(async () => {
    server = await discover('oauth2');
    answer = await logIn(SCOPE);
    sub = oauth.getValidatedIdTokenClaims(answer)?.sub ?? '';
  });

  it.each(['oidc', 'oauth2'] as const)('discovers the issuer (%s)', async (algorithm) => {
    expect((await discover(algorithm)).issuer).toBe(issuer);
  });

  it('logs a person in by code and PKCE, and verifies the ID token with its signature', () => {
    expect(sub).not.toBe('');
    expect(answer).toMatchObject({ token_type: 'bearer', expires_in: 300 });
  });

  it('takes the access token for an RFC 9068 token of this issuer for the API', async () => {
    const request = new Request(`${api}/me`, { headers: { authorization: `Bearer ${answer.access_token}` } });
    const claims = await oauth.validateJwtAccessToken(server, request, api, insecure);
    expect(claims).toMatchObject({ sub, client_id: 'demo-web', aud: api });
  });

  it('refuses to take the ID token for an access token', async () => {
    const request = new Request(`${api}/me`, { headers: { authorization: `Bearer ${answer.id_token}` } });
    await expect(oauth.validateJwtAccessToken(server, request, api, insecure)).rejects.toMatchObject({
      code: expect.stringMatching(/^OAUTH_/),
    });
  });

  it('refreshes, revokes, and is refused what it revoked', async () => {
    const first = await logIn(SCOPE);
    const refresh = async (token: string): Promise<oauth.TokenEndpointResponse> => {
      const response = await oauth.refreshTokenGrantRequest(server, WEB, oauth.None(), token, insecure);
      return verifyIdToken(response, () => oauth.processRefreshTokenResponse(server, WEB, response));
    };
    const { refresh_token: next = '' } = await refresh(first.refresh_token ?? '');
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, WEB, oauth.None(), next, insecure),
    );
    await expect(refresh(next)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('reads the userinfo endpoint with the token of a mere login', async () => {
    const { access_token: token } = await logIn('openid email');
    const response = await oauth.userInfoRequest(server, WEB, token, insecure);
    expect(await oauth.processUserInfoResponse(server, WEB, sub, response)).toMatchObject({
      email: 'customer@example.com',
    });
  });

  it('gets a token for a service, and introspects an opaque one', async () => {
    const service = await oauth.clientCredentialsGrantRequest(
      server,
      SERVICE,
      oauth.ClientSecretBasic('demo-service-secret'),
      { scope: 'orders:read' },
      insecure,
    );
    const { scope } = await oauth.processClientCredentialsResponse(server, SERVICE, service);
    expect(scope).toBe('orders:read');

    const opaque: oauth.Client = { client_id: 'demo-opaque' };
    const secret = oauth.ClientSecretBasic('demo-opaque-secret');
    const response = await oauth.clientCredentialsGrantRequest(server, opaque, secret, {}, insecure);
    const { access_token: token } = await oauth.processClientCredentialsResponse(server, opaque, response);
    const introspection = await oauth.introspectionRequest(server, opaque, secret, token, insecure);
    expect(await oauth.processIntrospectionResponse(server, opaque, introspection)).toMatchObject({
      active: true,
      client_id: 'demo-opaque',
    });
  });

  it('acts for a person with a token of less than hers (RFC 8693)', async () => {
    const service: oauth.Client = { client_id: 'demo-exchange' };
    const response = await oauth.genericTokenEndpointRequest(
      server,
      service,
      oauth.ClientSecretBasic('demo-exchange-secret'),
      'urn:ietf:params:oauth:grant-type:token-exchange',
      {
        subject_token: (await logIn(SCOPE)).access_token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        scope: 'orders:read',
      },
      insecure,
    );
    const exchanged = await oauth.processGenericTokenEndpointResponse(server, service, response);
    expect(exchanged).toMatchObject({ token_type: 'bearer', scope: 'orders:read' });
    const url = new URL('/me', api);
    const me = await oauth.protectedResourceRequest(
      exchanged.access_token,
      'GET',
      url,
      undefined,
      undefined,
      insecure,
    );
    expect(await me.json()).toMatchObject({ subject: sub, clientId: service.client_id });
  });

  it('hears of a refusal in the words of RFC 6749', async () => {
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      SERVICE,
      oauth.ClientSecretBasic('wrong'),
      {},
      insecure,
    );
    await expect(oauth.processClientCredentialsResponse(server, SERVICE, response)).rejects.toMatchObject({
      status: 401,
    });
  });
});
