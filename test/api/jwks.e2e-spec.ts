import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { issuer } from '../support/running-stack.ts';

const ADDRESS = `${issuer}/.well-known/jwks.json`;
const jwks = z.object({
  keys: z.array(
    z.looseObject({ kty: z.string(), alg: z.string(), n: z.string().optional(), e: z.string().optional() }),
  ),
});

const answer = await fetch(ADDRESS);
const etag = answer.headers.get('etag') ?? '';
const { keys } = jwks.parse(await answer.json());

describe('the keys of the issuer', () => {
  it('are strong: RSA of 3072 bits with the usual exponent, and P-256 (JWT-07)', () => {
    const rsa = keys.filter(({ kty }) => kty === 'RSA');
    expect(rsa.length).toBeGreaterThan(0);
    for (const { n = '', e } of rsa) {
      expect([Buffer.from(n, 'base64url').byteLength * 8, e]).toEqual([3_072, 'AQAB']);
    }
    const ec = keys.filter(({ kty }) => kty === 'EC').map(({ crv }) => crv);
    expect(new Set(ec)).toEqual(new Set(['P-256']));
  });

  it('serve one algorithm each: no two share a modulus or a point (JWT-03)', () => {
    const material = keys.map(({ n, x, y }) => JSON.stringify([n, x, y]));
    expect(new Set(material).size).toBe(keys.length);
    expect(keys.map(({ alg }) => alg)).toEqual(expect.arrayContaining(['RS256', 'ES256']));
  });

  it('have members of a public key and no others (JWK-01)', () => {
    const allowed = new Set(['kty', 'n', 'e', 'crv', 'x', 'y', 'kid', 'alg', 'use']);
    expect(keys.flatMap((key) => Object.keys(key)).filter((member) => !allowed.has(member))).toEqual([]);
  });
});

describe('the JWKS', () => {
  it('says what it is and where it may be read (JWK-07)', () => {
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/jwk-set+json; charset=utf-8',
      'cache-control': 'public, max-age=300',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    });
  });

  it.each([
    ['the tag that it has', etag],
    ['that tag, marked as weak by a proxy', `W/${etag}`],
    ['a list with that tag', `"other", ${etag}`],
    ['any tag', '*'],
  ])('is not sent again to whoever has %s (JWK-07)', async (_what, tag) => {
    const response = await fetch(ADDRESS, { headers: { 'if-none-match': tag } });
    expect([response.status, await response.text()]).toEqual([304, '']);
    expect(response.headers.get('etag')).toBe(etag);
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
  });

  it.each([
    ['another tag', '"other"'],
    ['the tag without its quotes', etag.slice(1, -1)],
  ])('is sent to whoever has %s', async (_what, tag) => {
    expect((await fetch(ADDRESS, { headers: { 'if-none-match': tag } })).status).toBe(200);
  });

  it('answers HEAD as GET, without the body', async () => {
    const response = await fetch(ADDRESS, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(response.headers.get('etag')).toBe(etag);
  });

  it('lets pages of other origins ask whether it is the same', async () => {
    const response = await fetch(ADDRESS, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-headers': 'if-none-match' },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-headers')).toContain('if-none-match');
  });
});
