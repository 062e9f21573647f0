import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { BACKEND_ID, DemoBackend } from '../support/demo-backend.ts';
import { REDIRECT_URI, SCOPE } from '../support/demo-web-client.ts';
import { Person } from '../support/person.ts';
import { api, issuer } from '../support/running-stack.ts';

// The stack under test is on this machine and has no TLS; openid-client wants that said.
const execute = [client.allowInsecureRequests];

describe('openid-client 6, with keys of its own', () => {
  let web: client.Configuration;
  let backend: client.Configuration;

  beforeAll(async () => {
    const { key } = await DemoBackend.load(issuer);
    if (key instanceof Uint8Array) throw new TypeError('the key of demo-backend is not a key pair');
    const options = { execute };
    const url = new URL(issuer);
    web = await client.discovery(url, 'demo-web', undefined, client.None(), options);
    backend = await client.discovery(url, BACKEND_ID, undefined, client.PrivateKeyJwt(key), options);
  });

  it('authenticates a service by private_key_jwt (RFC 7523)', async () => {
    const { access_token: token } = await client.clientCredentialsGrant(backend, { scope: 'orders:read' });
    expect(decodeJwt(token)).toMatchObject({ sub: BACKEND_ID, scope: 'orders:read' });
  });

  it('pushes the authorization request, and the browser carries nothing of it (RFC 9126)', async () => {
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const expectedState = client.randomState();
    const url = await client.buildAuthorizationUrlWithPAR(backend, {
      redirect_uri: REDIRECT_URI,
      scope: SCOPE,
      state: expectedState,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    });
    expect([...url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri']);
    const response = await new Person(issuer).approve(url);
    const checks = { pkceCodeVerifier, expectedState, idTokenExpected: true };
    const answer = await client.authorizationCodeGrant(backend, response, checks);
    expect(answer.claims()).toMatchObject({ aud: BACKEND_ID });
  });

  it('binds code, access token and refresh token to its key, with the nonces of the server (RFC 9449)', async () => {
    const keyPair = await client.randomDPoPKeyPair('ES256');
    const DPoP = client.getDPoPHandle(web, keyPair);
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const expectedState = client.randomState();
    const url = client.buildAuthorizationUrl(web, {
      redirect_uri: REDIRECT_URI,
      scope: 'openid email',
      state: expectedState,
      dpop_jkt: await DPoP.calculateThumbprint(),
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    });
    const response = await new Person(issuer).approve(url);
    const checks = { pkceCodeVerifier, expectedState };
    const answer = await client.authorizationCodeGrant(web, response, checks, undefined, { DPoP });
    expect(answer.token_type).toBe('dpop');

    const sub = answer.claims()?.sub ?? '';
    const userInfo = await client.fetchUserInfo(web, answer.access_token, sub, { DPoP });
    expect(userInfo.email).toBe('customer@example.com');

    const refreshToken = answer.refresh_token ?? '';
    const other = client.getDPoPHandle(web, await client.randomDPoPKeyPair('ES256'));
    await expect(
      client.refreshTokenGrant(web, refreshToken, undefined, { DPoP: other }),
    ).rejects.toMatchObject({ error: 'invalid_grant' });
    const refreshed = await client.refreshTokenGrant(web, refreshToken, undefined, { DPoP });
    expect(refreshed.token_type).toBe('dpop');
  });

  it('calls the API with a token that is bound to its key, and again with the same (RFC 9449 §7, §9)', async () => {
    const DPoP = client.getDPoPHandle(backend, await client.randomDPoPKeyPair('ES256'));
    const grant = await client.clientCredentialsGrant(backend, { scope: 'orders:read' }, { DPoP });
    for (const path of ['/me', '/orders?limit=1', '/me']) {
      const url = new URL(path, api);
      const [token, headers] = [grant.access_token, new Headers()];
      const response = await client.fetchProtectedResource(backend, token, url, 'GET', null, headers, {
        DPoP,
      });
      expect(response.status).toBe(200);
    }
  });

  it('connects a device, for which a person says yes elsewhere (RFC 8628)', async () => {
    const device = await client.initiateDeviceAuthorization(web, { scope: 'openid orders:read' });
    const page = await new Person(issuer).connectDevice(new URL(device.verification_uri), device.user_code);
    expect(page.text).toContain('The device is connected');
    const answer = await client.pollDeviceAuthorizationGrant(web, { ...device, interval: 1 });
    expect(answer.claims()).toMatchObject({ aud: 'demo-web' });
  });
});
