import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { errors, type Client } from 'oidc-provider';
import type { ResourceServer } from '../resource-servers/resource-server.js';
import { ResourceServers } from '../resource-servers/resource-servers.js';
import {
  assertGrantedResource,
  assertRegisteredScopes,
  defaultResource,
  resolveResourceServer,
} from './resource-server.js';

const audience = 'https://api.example';
const api: ResourceServer = {
  identifier: audience,
  parts: [`${audience}/orders`],
  scopes: ['orders:read', 'orders:write'],
  accessTokenSeconds: 300,
  accessToken: { name: 'RS256' },
  choices: ['RS256', 'EdDSA', 'opaque'],
};
const ledger: ResourceServer = {
  identifier: 'https://ledger.example',
  scopes: ['ledger:read'],
  accessTokenSeconds: 60,
  accessToken: { name: 'HS256', secret: createSecretKey(randomBytes(32)) },
  choices: [],
};
const servers = ResourceServers.of([api, ledger]);

/** The members of a client that are looked at. */
function client(metadata: Readonly<Record<string, string>> = {}): Client {
  return { scope: 'orders:read', ...metadata } as unknown as Client;
}

describe('the resource of a request that names none', () => {
  it.each([
    ['scopes of the API', 'openid orders:read', audience],
    ['no scope', '', audience],
    ['a mere OpenID login', 'openid profile', undefined],
  ])('is right with %s', (_request, scope, expected) => {
    expect(defaultResource(new Set(scope.split(' ')), audience)).toBe(expected);
  });
});

describe('the resource server', () => {
  it('decides scopes, lifetime, format and algorithm of its tokens (ATJ-06)', () => {
    expect(resolveResourceServer(audience, audience, servers, client())).toEqual({
      audience,
      scope: 'orders:read orders:write',
      accessTokenTTL: 300,
      accessTokenFormat: 'jwt',
      jwt: { sign: { alg: 'RS256' } },
    });
    expect(resolveResourceServer('https://ledger.example', undefined, servers, client())).toMatchObject({
      audience: 'https://ledger.example',
      scope: 'ledger:read',
      accessTokenTTL: 60,
      jwt: { sign: { alg: 'HS256', key: expect.objectContaining({ type: 'secret' }) } },
    });
  });

  it.each(['/orders', '/orders/1/pay'])(
    'is meant by the URL of a resource of it: %s (RFC 8707 §2.2)',
    (path) => {
      const indicator = `${audience}${path}`;
      expect(resolveResourceServer(indicator, indicator, servers, client())).toMatchObject({ audience });
    },
  );

  it.each<[choice: string, metadata: Record<string, string>, expected: object]>([
    ['handles', { access_token_format: 'opaque' }, { accessTokenFormat: 'opaque' }],
    ['EdDSA', { access_token_algorithm: 'EdDSA' }, { jwt: { sign: { alg: 'EdDSA' } } }],
    ['ES256, which has no keys', { access_token_algorithm: 'ES256' }, { jwt: { sign: { alg: 'RS256' } } }],
    ['HS256, which is no choice', { access_token_algorithm: 'HS256' }, { jwt: { sign: { alg: 'RS256' } } }],
    ['none, which is no choice', { access_token_algorithm: 'none' }, { jwt: { sign: { alg: 'RS256' } } }],
  ])('lets a client of the API choose %s', (_choice, metadata, expected) => {
    expect(resolveResourceServer(audience, audience, servers, client(metadata))).toMatchObject(expected);
  });

  it.each<Record<string, string>>([{ access_token_format: 'opaque' }, { access_token_algorithm: 'ES256' }])(
    'elsewhere lets no client choose: %j',
    (metadata) => {
      expect(
        resolveResourceServer('https://ledger.example', undefined, servers, client(metadata)),
      ).toMatchObject({ accessTokenFormat: 'jwt', jwt: { sign: { alg: 'HS256' } } });
    },
  );

  it.each<[deviation: string, indicator: string, requested: unknown]>([
    ['unknown', 'https://other.example', 'https://other.example'],
    ['spelled with a slash at its end', `${audience}/`, `${audience}/`],
    ['below a known one, but no resource of it', `${audience}/orderly`, `${audience}/orderly`],
    ['spelled in capitals', audience.toUpperCase(), audience.toUpperCase()],
    ['one of several', audience, [audience, 'https://ledger.example']],
    ['named twice', audience, [audience, audience]],
  ])('is refused when it is %s (RFC 8707 §2)', (_deviation, indicator, requested) => {
    expect(() => resolveResourceServer(indicator, requested, servers, client())).toThrow(
      errors.InvalidTarget,
    );
  });
});

describe('the resource of a refresh', () => {
  const granted = new Set([audience]);

  it.each([undefined, audience])('is the granted one: %s', (requested) => {
    expect(() => assertGrantedResource(requested, granted)).not.toThrow();
  });

  it.each([
    ['another resource server of ours', 'https://ledger.example'],
    ['several', [audience, 'https://ledger.example']],
    ['a list of the granted one', [audience]],
    ['empty', ''],
  ])('is not %s (BCP-10)', (_deviation, requested) => {
    expect(() => assertGrantedResource(requested, granted)).toThrow(errors.InvalidTarget);
  });
});

describe('the scopes of a request', () => {
  it('are among those that the client is registered for (OWASP ASVS 10.4.11)', () => {
    const two = client({ scope: 'openid orders:read' });
    expect(() => assertRegisteredScopes(new Set(['orders:read']), two)).not.toThrow();
    expect(() => assertRegisteredScopes(new Set(), two)).not.toThrow();
    expect(() => assertRegisteredScopes(new Set(['orders:read', 'orders:write']), two)).toThrow(
      errors.InvalidScope,
    );
    expect(() => assertRegisteredScopes(new Set(['never:heard:of']), two)).toThrow(errors.InvalidScope);
  });
});
