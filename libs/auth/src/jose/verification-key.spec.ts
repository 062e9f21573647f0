import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { forgeKey } from '../testing/forged-key.js';
import { importVerificationKey, UnusableKeyError } from './verification-key.js';

const rsa = forgeKey('RS256').publicJwk;
const ec = forgeKey('ES256').publicJwk;
const ed = forgeKey('EdDSA').publicJwk;

function rsaOf(modulusLength: number): JsonWebKey {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength });
  return { ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256' };
}

describe('importVerificationKey', () => {
  it.each([
    ['RSA', rsa, 'RS256'],
    ['RSA for PS256', { ...rsa, alg: 'PS256' }, 'PS256'],
    ['RSA without alg, which means RS256', { ...rsa, alg: undefined }, 'RS256'],
    ['P-256', ec, 'ES256'],
    ['P-256 without alg', { ...ec, alg: undefined }, 'ES256'],
    ['Ed25519 by its old name', ed, 'EdDSA'],
    ['Ed25519 by its own name', { ...ed, alg: 'Ed25519' }, 'Ed25519'],
    ['a key with members that nobody knows (JWK-03)', { ...ec, x5t: 'x', custom: {} }, 'ES256'],
    ['a key for verification among others', { ...ec, use: undefined, key_ops: ['sign', 'verify'] }, 'ES256'],
  ])('takes %s', (_title, jwk, algorithm) => {
    expect(importVerificationKey(jwk)).toMatchObject({ kid: jwk.kid, algorithm });
  });

  it.each<[string, unknown]>([
    ['RSA of 1024 bits (JWT-07)', rsaOf(1_024)],
    ['RSA of 2040 bits (JWT-07)', rsaOf(2_040)],
    ['RSA with e = 1, whose signatures anyone can forge', { ...rsa, e: 'AQ' }],
    ['RSA with e = 3', { ...rsa, e: 'Aw' }],
    ['RSA with an even e', { ...rsa, e: 'AQAC' }],
    ['a point that is not on the curve (JWT-06)', { ...ec, y: ec.x }],
    ['a P-384 key', forgeKey('ES384').publicJwk],
    ['a secp256k1 key', forgeKey('ES256K').publicJwk],
    ['an Ed448 key', forgeKey('Ed448').publicJwk],
    ['a symmetric key (JWK-09)', { kty: 'oct', kid: 'k', alg: 'HS256', k: 'AAAA' }],
    ['a key whose alg is that of another type', { ...rsa, alg: 'ES256' }],
    ['a key for HS256', { ...rsa, alg: 'HS256' }],
    ['a key for an alg that is not used here', { ...rsa, alg: 'RS512' }],
    ['a key for encryption (JWK-05)', { ...ec, use: 'enc' }],
    ['a key whose operations lack verify (JWK-05)', { ...ec, key_ops: ['encrypt'] }],
    ['a key without kid', { ...ec, kid: undefined }],
    ['a key with an empty kid', { ...ec, kid: '' }],
    ['a key with a member missing', { ...ec, x: undefined }],
    ['null', null],
    ['text', 'key'],
  ])('refuses %s', (_title, jwk) => {
    expect(() => importVerificationKey(jwk)).toThrow(UnusableKeyError);
  });

  it('takes the public half alone of a private key that was published by mistake', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { key } = importVerificationKey({ ...privateKey.export({ format: 'jwk' }), kid: 'k' });
    expect(key.type).toBe('public');
  });
});
