import { describe, expect, it } from '@jest/globals';
import { NOW, ringKey as key } from '../../test-support/ring-key.js';
import { KeyRing, type RingKey } from './key-ring.js';

const kids = (keys: readonly { readonly kid: string }[]) => keys.map(({ kid }) => kid);

const stolen = key('stolen', 'revoked', { age: 10, signingSince: NOW });
const retiredThenRevoked = key('before', 'revoked', {
  signingSince: NOW,
  retiredAt: new Date(NOW.getTime() - 60_000),
});

describe('the key ring', () => {
  it('signs with the one key of an algorithm that is in the state signing', () => {
    const ring = KeyRing.of([key('next', 'announced'), key('now', 'signing'), key('before', 'retired')]);
    expect(ring.signingKey('RS256')?.kid).toBe('now');
    expect(ring.signingKey('ES256')).toBeUndefined();
    expect(ring.signingAlgorithms()).toEqual(['RS256']);
  });

  it('publishes the key that signs first, then what comes, then what was', () => {
    const ring = KeyRing.of([key('before', 'retired'), key('next', 'announced'), key('now', 'signing')]);
    expect(kids(ring.published())).toEqual(['now', 'next', 'before']);
  });

  it('publishes retired keys, the newest first, as long as they are in the ring', () => {
    const ring = KeyRing.of([key('older', 'retired', { age: 200 }), key('newer', 'retired', { age: 100 })]);
    expect(kids(ring.published())).toEqual(['newer', 'older']);
  });

  it('never publishes a revoked key and never signs with it', () => {
    const ring = KeyRing.of([key('stolen', 'revoked')]);
    expect(ring.published()).toEqual([]);
    expect(ring.signers()).toEqual([]);
    expect(ring.signingKey('RS256')).toBeUndefined();
  });

  it('gives oidc-provider no announced key, so that none signs before its time', () => {
    const ring = KeyRing.of([key('next', 'announced'), key('before', 'retired'), key('now', 'signing')]);
    expect(kids(ring.signers())).toEqual(['now', 'before']);
  });

  it('has next in line the key that verifiers have known for longest', () => {
    const ring = KeyRing.of([key('late', 'announced', { age: 1 }), key('early', 'announced', { age: 2 })]);
    expect(ring.successor('RS256')?.kid).toBe('early');
  });

  it('names the algorithms for which no key signs or waits to sign', () => {
    const ring = KeyRing.of([key('rsa', 'signing'), key('ec', 'announced', { alg: 'ES256' })]);
    expect(ring.missing(['RS256', 'ES256', 'PS256'])).toEqual(['PS256']);
  });

  it.each<[sentence: string, expected: boolean, keys: readonly RingKey[]]>([
    ['its key was revoked while it signed', true, [stolen]],
    ['an older key of it is revoked besides', true, [stolen, retiredThenRevoked]],
    ['a key is announced for it, whoever knows that one', true, [stolen, key('next', 'announced')]],
    ['another has followed', false, [stolen, key('now', 'signing')]],
    ['its last key was retired', false, [stolen, key('after', 'retired', { age: 5, signingSince: NOW })]],
    ['its last key was retired, and revoked then', false, [retiredThenRevoked]],
    ['its revoked key never signed', false, [key('stolen', 'revoked')]],
    ['it never had a key', false, []],
  ])('has a next key of an algorithm sign at once if %s: %s', (_sentence, expected, keys) => {
    expect(KeyRing.of(keys).isBereaved('RS256')).toBe(expected);
  });

  it('has another version when a key comes, goes or changes its state, whatever the order of rows', () => {
    const [one, two] = [key('one', 'signing'), key('two', 'announced')];
    const { version } = KeyRing.of([one, two]);
    expect(KeyRing.of([two, one]).version).toBe(version);
    for (const other of [[one], [one, key('two', 'revoked')], [one, two, key('three', 'retired')]]) {
      expect(KeyRing.of(other).version).not.toBe(version);
    }
  });

  it('refuses two keys that sign for one algorithm', () => {
    expect(() => KeyRing.of([key('one', 'signing'), key('two', 'signing')])).toThrow(TypeError);
  });

  it('refuses two keys with one kid (RFC 7517 §4.5)', () => {
    expect(() => KeyRing.of([key('same', 'signing'), key('same', 'retired')])).toThrow(TypeError);
  });
});
