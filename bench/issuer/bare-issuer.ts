import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider, type Configuration } from 'oidc-provider';
import { z } from 'zod';
import {
  ONE_CORE_NODE_OPTIONS,
  SCOPE,
  SERVICE,
  WEB,
  type Algorithm,
  type IssuerUnderTest,
} from './issuer-under-test.ts';

const AUDIENCE = 'http://localhost:3000';
const ACCESS_TOKEN_SECONDS = 300;

const listening = z.object({ url: z.string() });
const refreshTokens = z.array(z.string());
const request = z.object({ refreshTokens: z.number() });

/** oidc-provider as its README mounts it: on node:http, everything in memory, keys and token kinds as ours. */
export async function startBareIssuer(algorithm: Algorithm): Promise<IssuerUnderTest> {
  const child = fork(import.meta.filename, [algorithm], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning', ...ONE_CORE_NODE_OPTIONS],
  });
  const ended = new AbortController();
  child.once('exit', () => ended.abort(new Error('the bare issuer ended')));
  const answer = async (): Promise<unknown> => (await once(child, 'message', { signal: ended.signal }))[0];
  const { url } = listening.parse(await answer());
  return {
    url,
    pid: child.pid ?? 0,
    refreshTokens: async (count) => {
      child.send({ refreshTokens: count });
      return refreshTokens.parse(await answer());
    },
    stop: async () => {
      child.kill();
      await once(child, 'exit');
    },
  };
}

async function signingKey(algorithm: Algorithm): Promise<object> {
  const { privateKey } = await generateKeyPair(algorithm, { modulusLength: 3072, extractable: true });
  return { ...(await exportJWK(privateKey)), alg: algorithm, use: 'sig' };
}

async function configuration(algorithm: Algorithm): Promise<Configuration> {
  return {
    jwks: { keys: [await signingKey('RS256'), await signingKey('ES256')] },
    clients: [
      {
        client_id: SERVICE.id,
        client_secret: SERVICE.secret,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        scope: SCOPE,
      },
      {
        client_id: WEB,
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: ['https://client.example/callback'],
        scope: `openid ${SCOPE}`,
      },
    ],
    scopes: ['openid', 'offline_access', ...SCOPE.split(' ')],
    issueRefreshToken: () => true,
    cookies: { keys: ['a secret of the bench alone'] },
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    rotateRefreshToken: true,
    ttl: { AccessToken: ACCESS_TOKEN_SECONDS, ClientCredentials: ACCESS_TOKEN_SECONDS },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          audience: AUDIENCE,
          scope: SCOPE,
          accessTokenTTL: ACCESS_TOKEN_SECONDS,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
  };
}

/** What a login would have left behind. */
async function issueRefreshToken(provider: Provider): Promise<string> {
  const accountId = crypto.randomUUID();
  const grant = new provider.Grant({ accountId, clientId: WEB });
  grant.addResourceScope(AUDIENCE, SCOPE);
  const grantId = await grant.save();
  const client = await provider.Client.find(WEB);
  if (client === undefined) throw new Error(`no client ${WEB}`);
  const properties = {
    accountId,
    client,
    grantId,
    scope: SCOPE,
    resource: AUDIENCE,
    gty: 'authorization_code',
  };
  return new provider.RefreshToken({ ...properties, authTime: Math.floor(Date.now() / 1_000) }).save();
}

/** This file as a process of its own. */
async function serve(algorithm: Algorithm): Promise<void> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(url, await configuration(algorithm));
  const answer = provider.callback();
  server.on('request', (incoming, response) => void answer(incoming, response));
  process.on('message', (message) => {
    const { refreshTokens: count } = request.parse(message);
    void Promise.all(Array.from({ length: count }, () => issueRefreshToken(provider))).then((issued) =>
      process.send?.(issued),
    );
  });
  process.send?.({ url });
}

if (process.argv[1] === import.meta.filename) {
  await serve(process.argv[2] === 'ES256' ? 'ES256' : 'RS256');
}
