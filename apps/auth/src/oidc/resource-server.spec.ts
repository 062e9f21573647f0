import { describe, expect, it } from '@jest/globals';
import { errors } from 'oidc-provider';
import { defaultResource, resolveResourceServer } from './resource-server.js';

const audience = 'https://api.example';

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
    expect(resolveResourceServer(audience, audience, { audience, format: 'jwt' })).toMatchObject({
      audience,
      scope: 'orders:read orders:write payments:read payments:write',
      accessTokenTTL: 300,
      accessTokenFormat: 'jwt',
    });
  });

  it.each<[deviation: string, indicator: string, requested: unknown]>([
    ['unknown', 'https://other.example', 'https://other.example'],
    ['spelled with a slash at its end', `${audience}/`, `${audience}/`],
    ['one of several', audience, [audience, 'https://other.example']],
    ['named twice', audience, [audience, audience]],
  ])('is refused when it is %s (RFC 8707 §2)', (_deviation, indicator, requested) => {
    expect(() => resolveResourceServer(indicator, requested, { audience, format: 'jwt' })).toThrow(
      errors.InvalidTarget,
    );
  });
});
