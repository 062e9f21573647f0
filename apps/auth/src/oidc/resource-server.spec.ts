import { describe, expect, it } from '@jest/globals';
import { errors } from 'oidc-provider';
import { defaultResource, resolveResourceServer, resourceServers } from './resource-server.js';

const audience = 'https://api.example';
const servers = resourceServers('https://issuer.example', audience);

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
  it('gives tokens for the API its scopes, its format and 5 minutes', () => {
    expect(resolveResourceServer(audience, audience, { servers, format: 'jwt' })).toMatchObject({
      audience,
      scope: 'orders:read orders:write payments:read payments:write',
      accessTokenTTL: 300,
      accessTokenFormat: 'jwt',
    });
  });

  it('gives tokens for the admin API its own scopes, and never as opaque handles', () => {
    const admin = 'https://issuer.example/admin';
    expect(resolveResourceServer(admin, admin, { servers, format: 'opaque' })).toMatchObject({
      audience: admin,
      scope: 'keys:admin clients:admin accounts:admin',
      accessTokenFormat: 'jwt',
    });
  });

  it.each<[deviation: string, indicator: string, requested: unknown]>([
    ['unknown', 'https://other.example', 'https://other.example'],
    ['spelled with a slash at its end', `${audience}/`, `${audience}/`],
    ['one of several', audience, [audience, 'https://other.example']],
    ['named twice', audience, [audience, audience]],
  ])('is refused when it is %s (RFC 8707 §2)', (_deviation, indicator, requested) => {
    expect(() => resolveResourceServer(indicator, requested, { servers, format: 'jwt' })).toThrow(
      errors.InvalidTarget,
    );
  });
});
