import { describe, expect, it } from '@jest/globals';
import { maxAgeMs } from './jwks-source.js';

describe('the age up to which a key set may be kept (RFC 9111 §5.2.2)', () => {
  it.each([
    ['public, max-age=300', 300_000],
    ['max-age=2', 2_000],
    ['MAX-AGE="60" , public', 60_000],
    ['no-store', 0],
    ['max-age=300, no-cache', 0],
    ['s-maxage=10', Number.POSITIVE_INFINITY],
    ['max-age=-1', Number.POSITIVE_INFINITY],
    ['max-age=soon', Number.POSITIVE_INFINITY],
    ['', Number.POSITIVE_INFINITY],
    [null, Number.POSITIVE_INFINITY],
  ])('of %j is %d ms', (cacheControl, expected) => {
    expect(maxAgeMs(cacheControl)).toBe(expected);
  });
});
