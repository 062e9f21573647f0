import { beforeAll, describe, expect, it } from '@jest/globals';
import * as client from 'openid-client';
import { REDIRECT_URI, SCOPE } from '../support/demo-web-client.ts';
import { Person } from '../support/person.ts';
import { api, issuer } from '../support/running-stack.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

type Answer = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

function discover(clientId: string, authentication: client.ClientAuth): Promise<client.Configuration> {
  // The stack under test is on this machine and has no TLS; openid-client wants that said.
  const execute = [client.allowInsecureRequests];
  return client.discovery(new URL(issuer), clientId, undefined, authentication, { execute });
}

interface Login {
  readonly person: Person;
  readonly answer: Answer;
}

async function logIn(configuration: client.Configuration, scope = SCOPE): Promise<Login> {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(configuration, {
    redirect_uri: REDIRECT_URI,
    scope,
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    max_age: '300',
  });
  const person = new Person(issuer);
  const response = await person.approve(url);
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, maxAge: 300, idTokenExpected: true };
  return { person, answer: await client.authorizationCodeGrant(configuration, response, checks) };
}

describe('openid-client 6, for a public client', () => {
  let web: client.Configuration;
  let login: Login;

  beforeAll(async () => {
    web = await discover('demo-web', client.None());
    client.enableNonRepudiationChecks(web); // the ID token's signature too, not the channel alone
    login = await logIn(web);
  });

  it('finds the issuer and what it supports (RFC 8414, OpenID Connect Discovery)', () => {
    const metadata = web.serverMetadata();
    expect(metadata.supportsPKCE()).toBe(true);
    expect(metadata).toMatchObject({ issuer, authorization_response_iss_parameter_supported: true });
  });

  it('logs a person in by code, PKCE, state, nonce, iss and max_age, and verifies the ID token', () => {
    expect(login.answer.claims()).toMatchObject({
      iss: issuer,
      aud: 'demo-web',
      sub: expect.stringMatching(UUID),
      auth_time: expect.any(Number),
    });
    expect(login.answer).toMatchObject({ token_type: 'bearer', expires_in: 300 });
  });

  it('does not take the response of another issuer for this one (RFC 9207, BCP-16)', async () => {
    const url = new URL(REDIRECT_URI);
    url.search = new URLSearchParams({ code: 'c', state: 's', iss: 'https://other.example' }).toString();
    await expect(
      client.authorizationCodeGrant(web, url, { expectedState: 's', pkceCodeVerifier: 'v'.repeat(43) }),
    ).rejects.toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' });
  });

  it('uses the access token at the API', async () => {
    const response = await client.fetchProtectedResource(
      web,
      login.answer.access_token,
      new URL('/me', api),
      'GET',
    );
    expect(await response.json()).toMatchObject({
      subject: login.answer.claims()?.sub,
      clientId: 'demo-web',
    });
  });

  it('refreshes, and verifies that the ID token is of the same person', async () => {
    const { answer } = await logIn(web);
    const refreshed = await client.refreshTokenGrant(web, answer.refresh_token ?? '');
    expect(refreshed.claims()?.sub).toBe(answer.claims()?.sub);
    expect([undefined, answer.refresh_token]).not.toContain(refreshed.refresh_token);
  });

  it('revokes a refresh token, which then gives nothing (RFC 7009)', async () => {
    const { answer } = await logIn(web);
    const refreshToken = answer.refresh_token ?? '';
    await client.tokenRevocation(web, refreshToken);
    await expect(client.refreshTokenGrant(web, refreshToken)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('reads the claims of the person from the userinfo endpoint with the token of a mere login', async () => {
    const { answer } = await logIn(web, 'openid profile email');
    const sub = answer.claims()?.sub ?? '';
    expect(await client.fetchUserInfo(web, answer.access_token, sub)).toEqual({
      sub,
      name: 'Carla Customer',
      email: 'customer@example.com',
      email_verified: expect.any(Boolean),
    });
  });

  it('logs out at the issuer, and the person has to log in again (RP-Initiated Logout)', async () => {
    const { person, answer } = await logIn(web);
    const state = client.randomState();
    const stop = await person.logOut(
      client.buildEndSessionUrl(web, {
        id_token_hint: answer.id_token ?? '',
        post_logout_redirect_uri: `${api}/console`,
        state,
      }),
    );
    expect(stop.url.href).toBe(`${api}/console?state=${state}`);
    const silent = client.buildAuthorizationUrl(web, {
      redirect_uri: REDIRECT_URI,
      scope: 'openid',
      prompt: 'none',
      code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
    });
    expect((await person.visit(silent)).url.searchParams.get('error')).toBe('login_required');
  });
});

describe('openid-client 6, for confidential clients', () => {
  it('gets a token for a service (client_secret_basic)', async () => {
    const service = await discover('demo-service', client.ClientSecretBasic('demo-service-secret'));
    expect(await client.clientCredentialsGrant(service, { scope: 'orders:read' })).toMatchObject({
      token_type: 'bearer',
      expires_in: 300,
      scope: 'orders:read',
    });
  });

  it('introspects an opaque token as the resource server that it is for (RFC 7662)', async () => {
    const opaque = await discover('demo-opaque', client.ClientSecretBasic('demo-opaque-secret'));
    const { access_token: token } = await client.clientCredentialsGrant(opaque, { scope: 'orders:read' });
    const gateway = await discover('gateway', client.ClientSecretBasic('gateway-secret'));
    expect(await client.tokenIntrospection(gateway, token)).toMatchObject({
      active: true,
      client_id: 'demo-opaque',
      aud: api,
    });
  });

  it('acts for a person with a token of less than hers (RFC 8693)', async () => {
    const { answer } = await logIn(await discover('demo-web', client.None()));
    const service = await discover('demo-exchange', client.ClientSecretBasic('demo-exchange-secret'));
    const exchanged = await client.genericGrantRequest(
      service,
      'urn:ietf:params:oauth:grant-type:token-exchange',
      {
        subject_token: answer.access_token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        scope: 'orders:read',
      },
    );
    expect(exchanged).toMatchObject({
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      scope: 'orders:read',
    });
    const { sub } = answer.claims() ?? {};
    const url = new URL('/me', api);
    const response = await client.fetchProtectedResource(service, exchanged.access_token, url, 'GET');
    expect(await response.json()).toMatchObject({ subject: sub, clientId: 'demo-exchange' });
  });
});
