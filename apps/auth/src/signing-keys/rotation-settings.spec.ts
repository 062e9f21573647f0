import { ConfigurationError } from '@countersign/platform';
import { describe, expect, it } from '@jest/globals';
import { settings as schema } from '../app.config.js';
import { rotationPolicy } from './rotation-settings.js';

const policyOf = (environment: Record<string, string>) => rotationPolicy(schema.parse(environment), 600);

describe('the settings of the key ring', () => {
  it('rotate every 30 days, announce the next key a day after a rotation, and keep a key while its tokens are good', () => {
    expect(policyOf({})).toEqual({
      algorithms: ['RS256', 'ES256'],
      jwksMaxAgeSeconds: 300,
      rotateAfterSeconds: 30 * 86_400,
      announceAheadSeconds: 29 * 86_400,
      retainSeconds: 600 + 60 + 300,
    });
  });

  it('name algorithms with spaces or commas between them', () => {
    expect(policyOf({ SIGNING_ALGORITHMS: 'RS256, ES256 EdDSA' }).algorithms).toEqual([
      'RS256',
      'ES256',
      'EdDSA',
    ]);
  });

  it.each<[fault: string, environment: Record<string, string>]>([
    ['an announcement that a cached JWKS outlives', { KEY_ANNOUNCEMENT_SECONDS: '301' }],
    [
      'a max-age that outlives the announcement',
      { JWKS_MAX_AGE_SECONDS: '86400', KEY_ANNOUNCEMENT_SECONDS: '86400' },
    ],
    ['a rotation before the announcement', { KEY_ROTATION_SECONDS: '2505600' }],
  ])('are refused together: %s', (_fault, environment) => {
    expect(() => policyOf(environment)).toThrow(ConfigurationError);
  });

  it.each<[fault: string, environment: Record<string, string>, message: string]>([
    ['no RS256', { SIGNING_ALGORITHMS: 'ES256' }, 'must have RS256 and ES256 among them'],
    ['an algorithm twice', { SIGNING_ALGORITHMS: 'RS256 ES256 RS256' }, 'must have each once'],
    ['a shared secret', { SIGNING_ALGORITHMS: 'RS256 ES256 HS256' }, 'are of RS256, PS256, ES256 and EdDSA'],
    ['no time at all', { JWKS_MAX_AGE_SECONDS: '0' }, 'expected number to be >=1'],
    ['more than a year', { KEY_ROTATION_SECONDS: '99999999' }, 'expected number to be <=31622400'],
  ])('are refused one by one: %s', (_fault, environment, message) => {
    expect(() => policyOf(environment)).toThrow(message);
  });
});
