import { describe, expect, it } from '@jest/globals';
import { AUTH_ERRORS, AuthError, type AuthErrorCode } from '../auth-error.js';
import { bearerChallenge } from './challenge.js';

const CHALLENGE =
  /^Bearer (?:(?:realm|error|error_description|scope|resource_metadata)="[\x20-\x21\x23-\x5B\x5D-\x7E]*"(?:, (?!$))?)+$/;
const context = { realm: 'r', resourceMetadata: 'https://api.example/.well-known/oauth-protected-resource' };
const codes = Object.keys(AUTH_ERRORS) as AuthErrorCode[];

describe('bearerChallenge', () => {
  it('has no error code when no credentials came (RFC 6750 §3.1)', () => {
    const error = new AuthError('credentials_missing', 'none');
    expect(bearerChallenge(error, { realm: 'r', resourceMetadata: undefined })).toBe('Bearer realm="r"');
  });

  it('names the scopes that are needed (BEA-03)', () => {
    const error = new AuthError('scope_insufficient', 'no', { requiredScopes: ['a', 'b'] });
    expect(bearerChallenge(error, context)).toContain('error="insufficient_scope"');
    expect(bearerChallenge(error, context)).toContain('scope="a b"');
  });

  it('says where the metadata of the resource are (PRM-04)', () => {
    const challenge = bearerChallenge(new AuthError('token_expired', 'late'), context);
    expect(challenge).toContain(`resource_metadata="${context.resourceMetadata}"`);
  });

  it.each(codes)('has each parameter once and no forbidden character for %s (BEA-07)', (code) => {
    const challenge = bearerChallenge(new AuthError(code, 'with "quotes" and \\'), context);
    expect(challenge).toMatch(CHALLENGE);
    const names = [...challenge.matchAll(/(\w+)="/g)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(challenge).not.toContain('quotes');
  });
});
