import { describe, expect, it } from '@jest/globals';
import { actor, addActor, type Actor } from './actor.js';

const chain = (...clientIds: readonly string[]): Actor | undefined =>
  clientIds.reduceRight<Actor | undefined>(
    (before, sub) => ({ sub, ...(before && { act: before }) }),
    undefined,
  );

describe('the chain of actors (RFC 8693 §4.1)', () => {
  it('has the client that acts now in front, and those before it within', () => {
    expect(addActor('b', undefined)).toEqual({ sub: 'b' });
    expect(addActor('c', chain('b'))).toEqual({ sub: 'c', act: { sub: 'b' } });
  });

  it.each([
    ['that is in front already', 'b', chain('b')],
    ['that acted before', 'b', chain('c', 'b')],
    ['after four others', 'f', chain('e', 'd', 'c', 'b')],
  ])('takes no client %s', (_deviation, clientId, before) => {
    expect(addActor(clientId, before)).toBeUndefined();
  });

  it.each([
    ['no sub', {}],
    ['a sub that is no text', { sub: 1 }],
    ['an empty sub', { sub: '' }],
    ['another member', { sub: 'b', iss: 'https://other.example' }],
    ['a malformed actor within', { sub: 'c', act: 'b' }],
  ])('is not read with %s', (_deviation, act) => {
    expect(actor.safeParse(act).success).toBe(false);
  });
});
