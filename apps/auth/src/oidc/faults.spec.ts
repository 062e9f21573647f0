import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { QueueFullError } from '@countersign/platform';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider, type Adapter } from 'oidc-provider';
import { SigningUnavailableError } from '../signing-keys/signing-unavailable-error.js';
import { logFaults } from './faults.js';

const CLIENT = {
  client_id: 'shop',
  redirect_uris: ['https://shop.example/callback'],
  token_endpoint_auth_method: 'none' as const,
  id_token_signed_response_alg: 'ES256' as const,
};

let server: Server;
let fault: Error;

beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'error').mockReturnValue();
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const nothing = () => Promise.resolve(undefined);
  const adapter = { find: nothing, upsert: () => Promise.reject(fault) } as unknown as Adapter;
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const provider = new Provider('http://localhost', {
    adapter: () => adapter,
    clients: [CLIENT],
    jwks: { keys: [await exportJWK(privateKey)] },
    features: { devInteractions: { enabled: false } },
  });
  logFaults(provider);
  const answer = provider.callback();
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.close();
  jest.restoreAllMocks();
});

function pushRequest(): Promise<Response> {
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/request`, {
    method: 'POST',
    body: new URLSearchParams({
      client_id: CLIENT.client_id,
      response_type: 'code',
      redirect_uri: CLIENT.redirect_uris[0] ?? '',
      scope: 'openid',
      code_challenge: 'a'.repeat(43),
      code_challenge_method: 'S256',
    }),
  });
}

describe('a fault of ours is answered', () => {
  it.each<[what: string, fault: Error, status: number, error: string]>([
    ['writes that found no turn', new QueueFullError('no turn'), 503, 'temporarily_unavailable'],
    [
      'a database that is away',
      Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
      503,
      'temporarily_unavailable',
    ],
    ['a signer that is away', new SigningUnavailableError('away'), 503, 'temporarily_unavailable'],
    ['anything else', new Error('a bug'), 500, 'server_error'],
  ])('%s', async (_what, thrown, status, error) => {
    fault = thrown;
    const answer = await pushRequest();
    expect([answer.status, answer.headers.has('retry-after')]).toEqual([status, status === 503]);
    expect(await answer.json()).toMatchObject({ error });
  });
});
