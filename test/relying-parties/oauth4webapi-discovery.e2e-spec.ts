import { describe, expect, it } from '@jest/globals';
import * as oauth from 'oauth4webapi';
import { REDIRECT_URI } from '../support/demo-web-client.ts';
import { Person } from '../support/person.ts';
import { api } from '../support/running-stack.ts';

// The stack under test is on this machine and has no TLS; oauth4webapi wants that said.
const insecure = { [oauth.allowInsecureRequests]: true } as const;
/** What a client knows: the address of a resource, and how it is registered. */
const ORDERS = new URL('/orders', api);
const WEB: oauth.Client = { client_id: 'demo-web' };

async function challengesTo(answer: Promise<Response>): Promise<readonly oauth.WWWAuthenticateChallenge[]> {
  const error: unknown = await answer.catch((thrown: unknown) => thrown);
  if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw new Error('there was no challenge');
  return error.cause;
}

/** As RFC 9728 §3.3 and RFC 8707 have it: for the resource that was found, with the scopes that it names. */
async function logIn(
  server: oauth.AuthorizationServer,
  { resource, scopes_supported: scopes = [] }: oauth.ResourceServer,
): Promise<string> {
  const codeVerifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(server.authorization_endpoint ?? '');
  url.search = new URLSearchParams({
    client_id: WEB.client_id,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    resource,
    scope: scopes.join(' '),
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  }).toString();
  const callback = await new Person(server.issuer).approve(url);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    WEB,
    oauth.None(),
    oauth.validateAuthResponse(server, WEB, callback, state),
    REDIRECT_URI,
    codeVerifier,
    { additionalParameters: { resource }, ...insecure },
  );
  return (await oauth.processAuthorizationCodeResponse(server, WEB, response)).access_token;
}

function getOrders(token: string): Promise<Response> {
  return oauth.protectedResourceRequest(token, 'GET', ORDERS, undefined, undefined, insecure);
}

describe('oauth4webapi 3 that knows an address of the API and nothing else', () => {
  it('finds the metadata, the issuer and its way to a token that is accepted (PRM-05)', async () => {
    const resource = await oauth.processResourceDiscoveryResponse(
      ORDERS,
      await oauth.resourceDiscoveryRequest(ORDERS, insecure),
    );
    const { authorization_servers: [issuer = ''] = [] } = resource;
    const server = await oauth.processDiscoveryResponse(
      new URL(issuer),
      await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oauth2', ...insecure }),
    );
    const answer = await getOrders(await logIn(server, resource));
    expect([answer.status, await answer.json()]).toEqual([
      200,
      expect.objectContaining({ data: expect.any(Array) }),
    ]);
  });

  it('is led to the same metadata by the refusal of a request (PRM-02, PRM-04)', async () => {
    const [challenge] = await challengesTo(getOrders('no-token-of-anyone'));
    const { url } = await oauth.resourceDiscoveryRequest(ORDERS, insecure);
    expect(challenge).toMatchObject({ scheme: 'bearer', parameters: { resource_metadata: url } });
  });
});
