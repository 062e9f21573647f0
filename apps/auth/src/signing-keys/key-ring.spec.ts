import { describe, expect, it } from '@jest/globals';
import { KeyRing, type RingKey, type SigningKeyState } from './key-ring.js';

function key(kid: string, state: SigningKeyState, overrides: Partial<RingKey> = {}): RingKey {
  return { kid, state, alg: 'RS256', createdAt: new Date('2026-01-01T00:00:00Z'), ...overrides };
}

describe('the key ring', () => {
  it('signs with the one key of an algorithm that is in the state signing', () => {
    const ring = KeyRing.of([key('next', 'announced'), key('now', 'signing'), key('before', 'retired')]);
    expect(ring.signingKey('RS256')?.kid).toBe('now');
    expect(ring.signingKey('ES256')).toBeUndefined();
  });

  it('publishes the key that signs first, so that an announced one cannot sign before its time', () => {
    const ring = KeyRing.of([key('before', 'retired'), key('next', 'announced'), key('now', 'signing')]);
    expect(ring.published().map(({ kid }) => kid)).toEqual(['now', 'next', 'before']);
  });

  it('publishes retired keys, the newest first, as long as they are in the ring', () => {
    const ring = KeyRing.of([
      key('older', 'retired', { createdAt: new Date('2025-01-01T00:00:00Z') }),
      key('newer', 'retired', { createdAt: new Date('2025-06-01T00:00:00Z') }),
    ]);
    expect(ring.published().map(({ kid }) => kid)).toEqual(['newer', 'older']);
  });

  it('never publishes a revoked key and never signs with it', () => {
    const ring = KeyRing.of([key('stolen', 'revoked')]);
    expect(ring.published()).toEqual([]);
    expect(ring.signingKey('RS256')).toBeUndefined();
  });

  it('names the algorithms for which no key signs', () => {
    const ring = KeyRing.of([key('rsa', 'signing'), key('ec', 'announced', { alg: 'ES256' })]);
    expect(ring.missing(['RS256', 'ES256'])).toEqual(['ES256']);
  });

  it('refuses two keys that sign for one algorithm', () => {
    expect(() => KeyRing.of([key('one', 'signing'), key('two', 'signing')])).toThrow(TypeError);
  });

  it('refuses two keys with one kid (RFC 7517 §4.5)', () => {
    expect(() => KeyRing.of([key('same', 'signing'), key('same', 'retired')])).toThrow(TypeError);
  });
});
