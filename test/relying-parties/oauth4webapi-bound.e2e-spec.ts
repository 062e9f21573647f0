import { beforeAll, describe, expect, it } from '@jest/globals';
import * as oauth from 'oauth4webapi';
import { BACKEND_ID, DemoBackend } from '../support/demo-backend.ts';
import { REDIRECT_URI, SCOPE } from '../support/demo-web-client.ts';
import { Person } from '../support/person.ts';
import { api, issuer } from '../support/running-stack.ts';

// The stack under test is on this machine and has no TLS; oauth4webapi wants that said.
const insecure = { [oauth.allowInsecureRequests]: true } as const;
const WEB: oauth.Client = { client_id: 'demo-web' };
const BACKEND: oauth.Client = { client_id: BACKEND_ID };

describe('oauth4webapi 3, with keys of its own', () => {
  let server: oauth.AuthorizationServer;
  let authentication: oauth.ClientAuth;

  beforeAll(async () => {
    const url = new URL(issuer);
    server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, insecure));
    const { key } = await DemoBackend.load(issuer);
    if (key instanceof Uint8Array) throw new TypeError('the key of demo-backend is not a key pair');
    authentication = oauth.PrivateKeyJwt(key);
  });

  it('pushes an authorization request and redeems the code, authenticated by private_key_jwt', async () => {
    const codeVerifier = oauth.generateRandomCodeVerifier();
    const parameters = {
      client_id: BACKEND_ID,
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      scope: SCOPE,
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    };
    const pushed = await oauth.pushedAuthorizationRequest(
      server,
      BACKEND,
      authentication,
      parameters,
      insecure,
    );
    const { request_uri } = await oauth.processPushedAuthorizationResponse(server, BACKEND, pushed);
    const url = new URL(server.authorization_endpoint ?? '');
    url.search = new URLSearchParams({ client_id: BACKEND_ID, request_uri }).toString();
    const response = oauth.validateAuthResponse(server, BACKEND, await new Person(issuer).approve(url));
    const answer = await oauth.authorizationCodeGrantRequest(
      server,
      BACKEND,
      authentication,
      response,
      REDIRECT_URI,
      codeVerifier,
      insecure,
    );
    const processed = await oauth.processAuthorizationCodeResponse(server, BACKEND, answer);
    expect(oauth.getValidatedIdTokenClaims(processed)).toMatchObject({ aud: BACKEND_ID });
  });

  it('is told the nonce that a proof needs, by the issuer and by the API, and goes on with it (RFC 9449 §8, §9)', async () => {
    const DPoP = oauth.DPoP(WEB, await oauth.generateKeyPair('ES256'));
    const device = await connect();
    await new Person(issuer).connectDevice(new URL(device.verification_uri), device.user_code);
    const ask = async (): Promise<oauth.TokenEndpointResponse> => {
      const options = { ...insecure, DPoP };
      const response = await oauth.deviceCodeGrantRequest(
        server,
        WEB,
        oauth.None(),
        device.device_code,
        options,
      );
      return oauth.processDeviceCodeResponse(server, WEB, response);
    };
    const refusal: unknown = await ask().catch((error: unknown) => error);
    expect(oauth.isDPoPNonceError(refusal)).toBe(true);
    const { access_token: accessToken, token_type: type } = await ask();
    expect(type).toBe('dpop');

    const call = (): Promise<Response> =>
      oauth.protectedResourceRequest(accessToken, 'GET', new URL('/orders?limit=1', api), undefined, null, {
        ...insecure,
        DPoP,
      });
    const unnonced: unknown = await call().catch((error: unknown) => error);
    expect(oauth.isDPoPNonceError(unnonced)).toBe(true);
    expect((await call()).status).toBe(200);
  });

  async function connect(): Promise<oauth.DeviceAuthorizationResponse> {
    const response = await oauth.deviceAuthorizationRequest(
      server,
      WEB,
      oauth.None(),
      { scope: 'orders:read' },
      insecure,
    );
    return oauth.processDeviceAuthorizationResponse(server, WEB, response);
  }
});
