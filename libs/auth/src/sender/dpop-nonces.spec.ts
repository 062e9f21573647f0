import { beforeEach, describe, expect, it } from '@jest/globals';
import { DpopNonces } from './dpop-nonces.js';

const START = Date.parse('2026-03-01T12:00:00Z');
const [key, another] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];

describe('DpopNonces', () => {
  let now: number;
  let nonces: DpopNonces;
  const noncesOf = (...keys: Buffer[]): DpopNonces => new DpopNonces({ keys, now: () => now });

  beforeEach(() => {
    now = START;
    nonces = noncesOf(key);
  });

  it('takes what it gave out, for at least as long again as it gives it out (DPO-10)', () => {
    const nonce = nonces.current();
    now += 239_000;
    expect(nonces.isValid(nonce)).toBe(true);
    now += 1_000;
    expect(nonces.isValid(nonce)).toBe(false);
  });

  it('gives another out after two minutes', () => {
    const nonce = nonces.current();
    expect(nonce).toMatch(/^[\w-]{43}$/);
    now += 119_000;
    expect(nonces.current()).toBe(nonce);
    now += 1_000;
    expect(nonces.current()).not.toBe(nonce);
  });

  it('takes that of a replica with the same key, whose clock is a little ahead or behind', () => {
    const replica = (skewMs: number): string => {
      now += skewMs;
      const nonce = noncesOf(key).current();
      now -= skewMs;
      return nonce;
    };
    expect([replica(0), replica(120_000), replica(-120_000)].map((nonce) => nonces.isValid(nonce))).toEqual([
      true,
      true,
      true,
    ]);
    expect(nonces.isValid(replica(240_000))).toBe(false);
  });

  it('takes none of another key, until that is among its own', () => {
    const nonce = noncesOf(another).current();
    expect(nonces.isValid(nonce)).toBe(false);
    expect(noncesOf(key, another).isValid(nonce)).toBe(true);
    expect(noncesOf(key, another).current()).toBe(nonces.current());
  });

  it('cannot be made without a key, or with a short one', () => {
    expect(() => noncesOf()).toThrow(TypeError);
    expect(() => noncesOf(key, Buffer.alloc(31))).toThrow(TypeError);
  });
});
