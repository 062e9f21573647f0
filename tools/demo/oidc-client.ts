import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as client from 'openid-client';
import { Browser, type Visit } from './browser.ts';

/** Published: see the README. */
const PASSWORD = 'countersign-demo';
const PUBLIC_CLIENT = 'demo-web';
const SERVICE = { id: 'demo-service', secret: 'demo-service-secret' };
const SCOPE = 'openid profile email orders:read orders:write payments:read payments:write';

export interface Tokens {
  readonly accessToken: string;
  readonly idToken: string;
  readonly expiresInSeconds: number;
}

/** Reads the issuer's discovery document. */
export async function discover(issuer: string): Promise<client.ServerMetadata> {
  const configuration = await configure(issuer, PUBLIC_CLIENT, client.None());
  return configuration.serverMetadata();
}

/**
 * Logs a demo account in as a native application would (RFC 8252): authorization code with PKCE, and a listener on
 * a loopback port that the response is sent to.
 */
export async function logIn(issuer: string, email: string, onVisit: (visit: Visit) => void): Promise<Tokens> {
  const configuration = await configure(issuer, PUBLIC_CLIENT, client.None());
  const codeVerifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  const response = await withRedirectListener(async (redirectUri) => {
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: SCOPE,
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    });
    await authenticate(new Browser(onVisit), url, email);
  });
  const tokens = await client.authorizationCodeGrant(configuration, response, {
    pkceCodeVerifier: codeVerifier,
    expectedState: state,
    expectedNonce: nonce,
  });
  return {
    accessToken: tokens.access_token,
    idToken: tokens.id_token ?? '',
    expiresInSeconds: tokens.expires_in ?? 0,
  };
}

/** A token for a client of its own, without a person (RFC 6749 §4.4). */
export async function clientCredentials(issuer: string, scope: string): Promise<string> {
  const configuration = await configure(issuer, SERVICE.id, client.ClientSecretBasic(SERVICE.secret));
  const { access_token: accessToken } = await client.clientCredentialsGrant(configuration, { scope });
  return accessToken;
}

function configure(
  issuer: string,
  clientId: string,
  authentication: client.ClientAuth,
): Promise<client.Configuration> {
  const url = new URL(issuer);
  // The demo's issuer is on this machine and has no TLS; openid-client wants that said.
  const execute = url.protocol === 'http:' ? [client.allowInsecureRequests] : [];
  return client.discovery(url, clientId, undefined, authentication, { execute });
}

async function authenticate(browser: Browser, authorizationUrl: URL, email: string): Promise<void> {
  const loginPage = await browser.open(authorizationUrl);
  const consentPage = await browser.submit(loginPage, '/login', { email, password: PASSWORD });
  await browser.submit(consentPage, '/consent', { consent: 'allow' });
}

/** Listens on a free loopback port while `work` runs. @returns the address that the browser was sent to */
async function withRedirectListener(work: (redirectUri: string) => Promise<void>): Promise<URL> {
  let received: URL | undefined;
  const server = createServer((request, reply) => {
    received = new URL(request.url ?? '/', redirectUri);
    reply.setHeader('connection', 'close').end('You can close this window.');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
  try {
    await work(redirectUri);
  } finally {
    server.close();
  }
  if (received === undefined) throw new Error('the issuer sent no authorization response');
  return received;
}
