import { describe, expect, it } from '@jest/globals';
import { NOW, ringKey as key } from '../../test-support/ring-key.js';
import { decide, type Decision, type KeyCommand, type Situation } from './key-commands.js';
import type { KeyRingErrorCode } from './key-ring-error.js';
import { KeyRing, type RingKey } from './key-ring.js';
import type { RotationPolicy } from './rotation-policy.js';

const policy: RotationPolicy = {
  algorithms: ['RS256', 'ES256'],
  jwksMaxAgeSeconds: 300,
  rotateAfterSeconds: 2_592_000,
  announceAheadSeconds: 86_400,
  retainSeconds: 960,
};
/** The max-age of the JWKS, and the time until every replica serves it. */
const OLD_ENOUGH = 302;
const newKey = { kid: 'new', alg: 'RS256' } as const;

const decideOn = (command: KeyCommand, keys: readonly RingKey[], made?: Situation['newKey']): Decision =>
  decide(command, { ring: KeyRing.of(keys), policy, now: NOW, newKey: made });

const changes = (decision: Decision) =>
  'changes' in decision ? decision.changes.map(({ kid, to }) => `${kid} ${to}`) : decision;
const cost = (decision: Decision) => ('changes' in decision ? decision.cost : undefined);

const signing = key('now', 'signing', { age: 1_000 });
const next = key('next', 'announced', { age: OLD_ENOUGH });
const young = key('next', 'announced', { age: OLD_ENOUGH - 1 });
const retired = key('before', 'retired', { age: 959 });
const revoked = key('stolen', 'revoked', { age: 959 });
const ofUnused = key('unused', 'signing', { alg: 'PS256' });

describe('a command changes the key ring (JWK-08)', () => {
  it.each<[sentence: string, command: KeyCommand, keys: readonly RingKey[], expected: readonly string[]]>([
    ['announce: a new key waits', { do: 'announce', alg: 'RS256' }, [signing], ['new announced']],
    [
      'rotate: the announced key signs, and the one before is retired first, so that there never are two',
      { do: 'rotate', alg: 'RS256' },
      [signing, next],
      ['now retired', 'next signing'],
    ],
    ['rotate: the first key of an algorithm signs', { do: 'rotate', alg: 'RS256' }, [next], ['next signing']],
    [
      'rotate at once: a new key signs',
      { do: 'rotate-at-once', alg: 'RS256' },
      [signing],
      ['now retired', 'new signing'],
    ],
    [
      'rotate at once: of an announced key, however young, that one',
      { do: 'rotate-at-once', alg: 'RS256' },
      [signing, young],
      ['now retired', 'next signing'],
    ],
    [
      'retire: an announced key is withdrawn',
      { do: 'retire', kid: 'next' },
      [signing, next],
      ['next deleted'],
    ],
    [
      'retire: an algorithm out of use stops signing',
      { do: 'retire', kid: 'unused' },
      [ofUnused],
      ['unused retired'],
    ],
    [
      'revoke: of the key that signs, the announced one takes over',
      { do: 'revoke', kid: 'now' },
      [signing, young],
      ['now revoked', 'next signing'],
    ],
    [
      'revoke: the key that signs does not wait for another when none is announced',
      { do: 'revoke', kid: 'now' },
      [signing],
      ['now revoked'],
    ],
    ['revoke: a key that waits', { do: 'revoke', kid: 'next' }, [signing, next], ['next revoked']],
    ['revoke: a key that signed', { do: 'revoke', kid: 'before' }, [signing, retired], ['before revoked']],
    [
      'revoke: a key whose algorithm is out of use, which needs no other',
      { do: 'revoke', kid: 'unused' },
      [ofUnused],
      ['unused retired', 'unused revoked'],
    ],
    [
      'delete: a retired key whose last token has expired',
      { do: 'delete', kid: 'before' },
      [key('before', 'retired', { age: 960 })],
      ['before deleted'],
    ],
    [
      'delete: a revoked key whose last token has expired',
      { do: 'delete', kid: 'stolen' },
      [key('stolen', 'revoked', { age: 960 })],
      ['stolen deleted'],
    ],
  ])('%s', (_sentence, command, keys, expected) => {
    expect(changes(decideOn(command, keys, newKey))).toEqual(expected);
  });

  it.each<[command: KeyCommand, keys: readonly RingKey[]]>([
    [{ do: 'announce', alg: 'RS256' }, [signing]],
    [{ do: 'rotate-at-once', alg: 'RS256' }, [signing]],
  ])('%j asks for a key to be made, and takes none of another algorithm', (command, keys) => {
    expect(decideOn(command, keys)).toEqual({ needsKeyFor: 'RS256' });
    expect(decideOn(command, keys, { kid: 'new', alg: 'ES256' })).toEqual({ needsKeyFor: 'RS256' });
  });
});

describe('a revocation', () => {
  it.each<[sentence: string, kid: string, keys: readonly RingKey[], expected: string | undefined]>([
    ['of the key that signs says that another has to be made at once', 'now', [signing], 'RS256'],
    ['that the announced key follows needs no other', 'now', [signing, young], undefined],
    ['of a key that does not sign needs no other', 'before', [signing, retired], undefined],
    ['of an algorithm that is out of use needs no other', 'unused', [ofUnused], undefined],
  ])('%s', (_sentence, kid, keys, expected) => {
    const decision = decideOn({ do: 'revoke', kid }, keys);
    expect('changes' in decision && decision.bereaves).toBe(expected);
  });
});

describe('a command is refused (JWK-08)', () => {
  it.each<[sentence: string, command: KeyCommand, keys: readonly RingKey[], code: KeyRingErrorCode]>([
    [
      'announce: a key is announced',
      { do: 'announce', alg: 'RS256' },
      [signing, next],
      'key_already_announced',
    ],
    [
      'announce: the algorithm is out of use',
      { do: 'announce', alg: 'EdDSA' },
      [signing],
      'algorithm_not_in_use',
    ],
    [
      'rotate: the algorithm is out of use, whatever is announced',
      { do: 'rotate', alg: 'PS256' },
      [ofUnused, key('next', 'announced', { alg: 'PS256', age: OLD_ENOUGH })],
      'algorithm_not_in_use',
    ],
    [
      'rotate at once: the algorithm is out of use',
      { do: 'rotate-at-once', alg: 'PS256' },
      [ofUnused],
      'algorithm_not_in_use',
    ],
    ['rotate: no key is announced', { do: 'rotate', alg: 'RS256' }, [signing], 'key_not_announced'],
    [
      'rotate: the announced key is a second younger than any JWKS in a cache (the interlock)',
      { do: 'rotate', alg: 'RS256' },
      [signing, young],
      'key_too_young',
    ],
    ['retire: the algorithm is in use', { do: 'retire', kid: 'now' }, [signing, next], 'key_in_use'],
    ['retire: the key is retired', { do: 'retire', kid: 'before' }, [retired], 'key_state'],
    ['retire: there is no such key', { do: 'retire', kid: 'none' }, [signing], 'key_not_found'],
    ['revoke: the key is revoked', { do: 'revoke', kid: 'stolen' }, [revoked], 'key_state'],
    ['revoke: there is no such key', { do: 'revoke', kid: 'none' }, [signing], 'key_not_found'],
    ['delete: a token of the retired key is good', { do: 'delete', kid: 'before' }, [retired], 'key_in_use'],
    ['delete: the revoked key is on record', { do: 'delete', kid: 'stolen' }, [revoked], 'key_in_use'],
    ['delete: the key signs', { do: 'delete', kid: 'now' }, [signing], 'key_state'],
    ['delete: the key waits', { do: 'delete', kid: 'next' }, [next], 'key_state'],
  ])('%s', (_sentence, command, keys, code) => {
    expect(() => decideOn(command, keys, newKey)).toThrow(expect.objectContaining({ code }));
  });
});

describe('an emergency says what it costs', () => {
  it.each<[sentence: string, command: KeyCommand, keys: readonly RingKey[], expected: unknown]>([
    [
      'a new key is unknown for as long as a JWKS may be cached',
      { do: 'rotate-at-once', alg: 'RS256' },
      [signing],
      { kid: 'new', seconds: OLD_ENOUGH },
    ],
    [
      'a key that was announced a while ago, for the rest of that time',
      { do: 'revoke', kid: 'now' },
      [signing, key('next', 'announced', { age: 100 })],
      { kid: 'next', seconds: OLD_ENOUGH - 100 },
    ],
    ['a key that every verifier knows costs nothing', { do: 'revoke', kid: 'now' }, [signing, next], null],
    ['a key that did not sign costs nothing', { do: 'revoke', kid: 'before' }, [signing, retired], null],
  ])('%s', (_sentence, command, keys, expected) => {
    expect(cost(decideOn(command, keys, newKey))).toEqual(expected);
  });
});
