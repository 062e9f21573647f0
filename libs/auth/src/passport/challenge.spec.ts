import { describe, expect, it } from '@jest/globals';
import { AUTH_ERRORS, AuthError, type AuthErrorCode } from '../auth-error.js';
import { challenges } from './challenge.js';

const CHALLENGE =
  /^(?:Bearer|DPoP) (?:(?:realm|error|error_description|scope|algs|resource_metadata)="[\x20-\x21\x23-\x5B\x5D-\x7E]*"(?:, (?!$))?)+$/;
const codes = Object.keys(AUTH_ERRORS) as AuthErrorCode[];
const resourceMetadata = 'https://api.example/.well-known/oauth-protected-resource';
const bearerAlone = { realm: 'r', dpopAlgorithms: null, resourceMetadata: undefined };
const both = { ...bearerAlone, dpopAlgorithms: ['ES256', 'EdDSA'] } as const;

describe('challenges', () => {
  it('have no error code when no credentials came (RFC 6750 §3.1)', () => {
    const error = new AuthError('credentials_missing', 'none');
    expect(challenges(error, undefined, bearerAlone)).toEqual(['Bearer realm="r"']);
  });

  it('name each scheme, and the algorithms of proofs (DPO-18)', () => {
    const error = new AuthError('credentials_missing', 'none');
    expect(challenges(error, undefined, both)).toEqual([
      'Bearer realm="r"',
      'DPoP realm="r", algs="ES256 EdDSA"',
    ]);
  });

  it('say what was wrong with the scheme that was used, and of the other that it is there (RFC 9449 §7.1)', () => {
    const error = new AuthError('proof_replayed', 'twice');
    const [first, second] = challenges(error, 'DPoP', both);
    expect(first).toMatch(/^DPoP realm="r", error="invalid_dpop_proof", .*, algs="ES256 EdDSA"$/);
    expect(second).toBe('Bearer realm="r"');
    expect(challenges(new AuthError('confirmation_unproven', 'as Bearer'), 'Bearer', both)).toEqual([
      expect.stringContaining('Bearer realm="r", error="invalid_token"'),
      'DPoP realm="r", algs="ES256 EdDSA"',
    ]);
  });

  it('name no other scheme where the credentials are not what is missing', () => {
    const error = new AuthError('scope_insufficient', 'no', { requiredScopes: ['a'] });
    expect(challenges(error, 'DPoP', both)).toEqual([expect.stringMatching(/^DPoP .*scope="a", algs="/)]);
    expect(challenges(error, 'Bearer', both)).toEqual([expect.stringMatching(/^Bearer .*scope="a"$/)]);
  });

  it('know no DPoP where it is not taken', () => {
    expect(challenges(new AuthError('credentials_missing', 'none'), 'DPoP', bearerAlone)).toEqual([
      'Bearer realm="r"',
    ]);
  });

  it('name the scopes that are needed (BEA-03)', () => {
    const error = new AuthError('scope_insufficient', 'no', { requiredScopes: ['a', 'b'] });
    const [challenge] = challenges(error, 'Bearer', bearerAlone);
    expect(challenge).toContain('error="insufficient_scope"');
    expect(challenge).toContain('scope="a b"');
  });

  it('say where the metadata of the resource are, each for itself (PRM-04)', () => {
    const error = new AuthError('token_expired', 'late');
    for (const challenge of challenges(error, 'Bearer', { ...both, resourceMetadata })) {
      expect(challenge).toContain(`resource_metadata="${resourceMetadata}"`);
    }
  });

  it.each(codes)('have each parameter once and no forbidden character for %s (BEA-07)', (code) => {
    const error = new AuthError(code, 'with "quotes" and \\');
    const context = { ...both, resourceMetadata };
    const all = [...challenges(error, 'Bearer', context), ...challenges(error, 'DPoP', context)];
    for (const challenge of all) {
      expect(challenge).toMatch(CHALLENGE);
      const names = [...challenge.matchAll(/(\w+)="/g)].map(([, name]) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(challenge).not.toContain('quotes');
    }
  });
});
