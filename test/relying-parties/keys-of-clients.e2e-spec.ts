import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { REDIRECT_URI } from '../support/demo-web-client.ts';
import { Person } from '../support/person.ts';
import { issuer } from '../support/running-stack.ts';

const CUSTOMER = 'customer@example.com';
const BACKEND = 'demo-backend';
const SCOPE = 'openid orders:read';

/** The private key of demo-backend, as the WebCrypto key that these libraries want. */
async function backendKey(): Promise<CryptoKey> {
  const file = join(process.env['DATA_DIR'] ?? '.data', 'auth', 'demo-backend.jwk.json');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  return crypto.subtle.importKey('jwk', JSON.parse(readFileSync(file, 'utf8')), algorithm, false, ['sign']);
}

describe('openid-client 6, with keys of its own', () => {
  const execute = [client.allowInsecureRequests];
  let backend: client.Configuration;
  let web: client.Configuration;

  beforeAll(async () => {
    const url = new URL(issuer);
    const authentication = client.PrivateKeyJwt(await backendKey());
    backend = await client.discovery(url, BACKEND, undefined, authentication, { execute });
    web = await client.discovery(url, 'demo-web', undefined, client.None(), { execute });
  });

  it('pushes its request, authenticates by private_key_jwt, and gets tokens bound to its key (RFC 9126, RFC 9449)', async () => {
    const DPoP = client.getDPoPHandle(backend, await client.randomDPoPKeyPair());
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const parameters = {
      redirect_uri: REDIRECT_URI,
      scope: SCOPE,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    };
    const url = await client.buildAuthorizationUrlWithPAR(backend, parameters, { DPoP });
    expect([...url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri']);
    const response = await new Person(issuer, CUSTOMER).approve(url);
    const checks = { pkceCodeVerifier, idTokenExpected: true };
    const answer = await client.authorizationCodeGrant(backend, response, checks, undefined, { DPoP });
    const jkt = await DPoP.calculateThumbprint();
    expect([answer.token_type, decodeJwt(answer.access_token)]).toMatchObject(['dpop', { cnf: { jkt } }]);

    const options = { DPoP };
    const refreshed = await client.refreshTokenGrant(backend, answer.refresh_token ?? '', undefined, options);
    expect(decodeJwt(refreshed.access_token)).toMatchObject({ cnf: { jkt } });
  });

  it('waits for a person as a device does (RFC 8628)', async () => {
    const started = await client.initiateDeviceAuthorization(web, { scope: SCOPE });
    const tokens = client.pollDeviceAuthorizationGrant(web, started);
    await new Person(issuer, CUSTOMER).connectDevice(new URL(started.verification_uri_complete ?? ''));
    expect((await tokens).claims()).toMatchObject({ iss: issuer, aud: 'demo-web' });
  });
});

describe('oauth4webapi 3, with keys of its own', () => {
  const insecure = { [oauth.allowInsecureRequests]: true } as const;
  const backend: oauth.Client = { client_id: BACKEND };
  let server: oauth.AuthorizationServer;
  let authentication: oauth.ClientAuth;

  beforeAll(async () => {
    const url = new URL(issuer);
    server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, insecure));
    authentication = oauth.PrivateKeyJwt(await backendKey());
  });

  it('takes the nonce that it is told and gets a token bound to its key (RFC 9449 §8)', async () => {
    const DPoP = oauth.DPoP(backend, await oauth.generateKeyPair('ES256'));
    const request = async (): Promise<oauth.TokenEndpointResponse> => {
      const parameters = { scope: 'orders:read' };
      const options = { ...insecure, DPoP };
      const response = await oauth.clientCredentialsGrantRequest(
        server,
        backend,
        authentication,
        parameters,
        options,
      );
      return oauth.processClientCredentialsResponse(server, backend, response);
    };
    const refusal: unknown = await request().catch((error: unknown) => error);
    expect(oauth.isDPoPNonceError(refusal)).toBe(true);
    const { token_type, access_token } = await request();
    const jkt = await DPoP.calculateThumbprint();
    expect([token_type, decodeJwt(access_token)]).toMatchObject(['dpop', { cnf: { jkt } }]);
  });
});
