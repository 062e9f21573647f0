import { createPublicKey } from 'node:crypto';
import type { AuthErrorCode } from '../auth-error.js';
import { forgeKey } from './forged-key.js';
import { encode, encodeParts, signCompact, signHmac, type TokenForge } from './token-forge.js';

/** A token that no verifier may accept. It differs from an accepted one by what its title says, and by that alone. */
export interface HostileToken {
  /** Requirement that it tests, as in `docs/specifications.md`. */
  readonly id: string;
  /** The check that has to refuse it: with another code, another check did, and this one may be gone. */
  readonly code: AuthErrorCode;
  readonly title: string;
  readonly token: string;
}

type Row = readonly [id: string, code: AuthErrorCode, title: string, token: string];

/**
 * The hostile tokens that a verifier of RFC 9068 access tokens has to refuse with `invalid_token`. Keys that some of
 * them need are published in the forge's JWKS: fetch it after this call.
 */
export function hostileAccessTokens(forge: TokenForge): readonly HostileToken[] {
  const rows: readonly Row[] = [
    ...algorithmRows(forge),
    ...keyRows(forge),
    ...headerRows(forge),
    ...formRows(forge),
    ...jsonRows(forge),
    ...claimRows(forge),
    ...timeRows(forge),
  ];
  return rows.map(([id, code, title, token]) => ({ id, code, title, token }));
}

function algorithmRows(forge: TokenForge): Row[] {
  const claims = JSON.stringify(forge.claims());
  const publicKey = createPublicKey(forge.key.privateKey);
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const jwk = JSON.stringify(forge.key.publicJwk);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const hs = (alg: string): Record<string, unknown> => ({ ...forge.header(), alg });
  const [, , realSignature = ''] = forge.accessToken().split('.');
  const unaccepted = ['RS384', 'RS512', 'PS384', 'PS512', 'ES384', 'ES512', 'ES256K', 'Ed448'] as const;
  const secret = Buffer.from('a secret that the JWKS publishes');
  forge.publish({ kty: 'oct', kid: 'oct', alg: 'HS256', k: secret.toString('base64url') });

  return [
    ...unaccepted.map((alg): Row => {
      const key = forge.addKey(alg);
      return [
        'JWT-01',
        'algorithm_refused',
        `an alg that is not accepted, with a published key for it (${alg})`,
        forge.accessToken({ key }),
      ];
    }),
    [
      'JWT-01',
      'algorithm_refused',
      'HS256 with the PEM of the public key as secret',
      signHmac(hs('HS256'), claims, pem),
    ],
    [
      'JWT-01',
      'algorithm_refused',
      'HS256 with the trimmed PEM as secret',
      signHmac(hs('HS256'), claims, pem.trim()),
    ],
    [
      'JWT-01',
      'algorithm_refused',
      'HS256 with the DER of the public key as secret',
      signHmac(hs('HS256'), claims, der),
    ],
    ['JWT-01', 'algorithm_refused', 'HS256 with the JWK as secret', signHmac(hs('HS256'), claims, jwk)],
    [
      'JWT-01',
      'algorithm_refused',
      'HS384 with the PEM as secret',
      signHmac(hs('HS384'), claims, pem, 'sha384'),
    ],
    [
      'JWT-01',
      'algorithm_refused',
      'HS512 with the PEM as secret',
      signHmac(hs('HS512'), claims, pem, 'sha512'),
    ],
    ['JWT-01', 'algorithm_refused', 'HS256 with an empty secret', signHmac(hs('HS256'), claims, '')],
    [
      'JWK-09',
      'algorithm_refused',
      'HS256 with a symmetric key that the JWKS has',
      signHmac({ ...hs('HS256'), kid: 'oct' }, claims, secret),
    ],
    ...['none', 'None', 'NONE', 'nOnE', 'noNE', 'none ', ''].flatMap((alg): Row[] => [
      [
        'JWT-04',
        'token_malformed',
        `alg "${alg}" with an empty signature`,
        `${encodeParts(hs(alg), claims)}.`,
      ],
      [
        'JWT-04',
        'algorithm_refused',
        `alg "${alg}" with a signature of rubbish`,
        `${encodeParts(hs(alg), claims)}.${encode('rubbish')}`,
      ],
    ]),
    [
      'JWT-04',
      'algorithm_refused',
      'alg none, spelled with an escape',
      `${encodeParts(escapedNone(forge), claims)}.${encode('rubbish')}`,
    ],
    [
      'JWT-04',
      'algorithm_refused',
      'alg none with the signature of another token',
      `${encodeParts(hs('none'), claims)}.${realSignature}`,
    ],
    [
      'JWT-04',
      'algorithm_refused',
      'an alg that is no text',
      forge.accessToken({ header: { alg: ['RS256'] } }),
    ],
    ['JWT-04', 'algorithm_refused', 'no alg', forge.accessToken({ header: { alg: undefined } })],
    [
      'JWT-02',
      'algorithm_refused',
      'PS256 by a key that is for RS256',
      signCompact(hs('PS256'), claims, forge.key, 'PS256'),
    ],
    [
      'JWT-24',
      'algorithm_refused',
      'Ed25519 by a key whose alg is spelled EdDSA',
      ed25519ByAnotherName(forge),
    ],
  ];
}

function escapedNone(forge: TokenForge): string {
  return JSON.stringify({ ...forge.header(), alg: 'none' }).replace('"none"', String.raw`"\u006eone"`);
}

function ed25519ByAnotherName(forge: TokenForge): string {
  const key = forge.addKey('EdDSA');
  return signCompact({ ...forge.header(key), alg: 'Ed25519' }, JSON.stringify(forge.claims()), key);
}

function keyRows(forge: TokenForge): Row[] {
  const stranger = forgeKey('RS256');
  const ecKey = forge.addKey('ES256');
  const twin = forgeKey('RS256');
  forge.publish({ ...twin.publicJwk, kid: 'twin' });
  forge.publish({ ...forge.addKey('RS256').publicJwk, kid: 'twin' });
  const withKid = (kid: unknown): string => forge.accessToken({ header: { kid } });
  return [
    [
      'JWT-10',
      'key_unknown',
      'a signature of a key that is not published',
      forge.accessToken({ key: stranger }),
    ],
    [
      'JWT-10',
      'signature_invalid',
      "a stranger's signature under a published kid",
      forge.accessToken({ key: stranger, header: { kid: forge.key.kid } }),
    ],
    ['JWT-02', 'algorithm_refused', 'RS256 under the kid of an EC key', withKid(ecKey.kid)],
    [
      'JWK-04',
      'key_unknown',
      'a kid that two keys have',
      forge.accessToken({ key: { ...twin, kid: 'twin' } }),
    ],
    ['JWT-13', 'header_refused', 'no kid', withKid(undefined)],
    ['JWT-13', 'header_refused', 'an empty kid', withKid('')],
    ['JWT-13', 'header_refused', 'a kid that is a path', withKid('../../../../dev/null')],
    ['JWT-13', 'header_refused', 'a kid that is SQL', withKid("x' OR '1'='1")],
    ['JWT-13', 'header_refused', 'a kid that is a command', withKid('$(touch /tmp/owned)')],
    ['JWT-13', 'header_refused', 'a kid with a line break', withKid('a\r\nX-Injected: 1')],
    ['JWT-13', 'header_refused', 'a kid that is an object', withKid({ $ne: null })],
    ['JWT-13', 'header_refused', 'a kid of 4,000 characters', withKid('k'.repeat(4_000))],
    ['JWT-13', 'key_unknown', 'a kid that is __proto__', withKid('__proto__')],
  ];
}

function headerRows(forge: TokenForge): Row[] {
  const own = forgeKey('RS256');
  const withHeader = (header: Record<string, unknown>): string => forge.accessToken({ header });
  const types = [
    'JWT',
    'id_token+jwt',
    'logout+jwt',
    'dpop+jwt',
    'txntoken+jwt',
    'application/jwt',
    'at+jwt;x=1',
    ' at+jwt',
    '',
  ];
  return [
    [
      'JWT-13',
      'header_refused',
      'the key in the header (jwk)',
      forge.accessToken({ key: own, header: { jwk: own.publicJwk } }),
    ],
    ['JWT-13', 'header_refused', 'a jku of its own', withHeader({ jku: 'http://127.0.0.1:9/jwks.json' })],
    ['JWT-13', 'header_refused', 'an x5u of its own', withHeader({ x5u: 'http://127.0.0.1:9/cert.pem' })],
    ['JWT-13', 'header_refused', 'an x5c of its own', withHeader({ x5c: ['MIIB'] })],
    [
      'JWT-18',
      'header_refused',
      'crit with an extension that nobody knows',
      withHeader({ crit: ['x'], x: 1 }),
    ],
    ['JWT-18', 'header_refused', 'an empty crit', withHeader({ crit: [] })],
    ['JWT-18', 'header_refused', 'crit that names alg', withHeader({ crit: ['alg'] })],
    ['JWT-18', 'header_refused', 'crit that is no list', withHeader({ crit: 'x' })],
    ['JWT-18', 'header_refused', 'crit that names what is not there', withHeader({ crit: ['exp'] })],
    ['JWT-19', 'header_refused', 'b64 false', withHeader({ b64: false, crit: ['b64'] })],
    ['JWT-19', 'header_refused', 'b64 true', withHeader({ b64: true })],
    ['JWT-08', 'header_refused', 'zip', withHeader({ zip: 'DEF' })],
    ['JWT-15', 'header_refused', 'cty: a JWT inside', withHeader({ cty: 'JWT' })],
    ...types.map((typ): Row => ['JWT-14', 'type_refused', `typ "${typ}"`, withHeader({ typ })]),
    ['JWT-14', 'type_refused', 'no typ', withHeader({ typ: undefined })],
    ['JWT-14', 'type_refused', 'a typ that is a list', withHeader({ typ: ['at+jwt'] })],
  ];
}

function formRows(forge: TokenForge): Row[] {
  const token = forge.accessToken();
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [
    [
      'JWT-05',
      'token_malformed',
      'five parts (a JWE)',
      `${header}.${payload}.${signature}.${signature}.${signature}`,
    ],
    ['JWT-16', 'token_malformed', 'a JWE with PBES2 and two thousand million rounds', pbes2()],
    ['JWT-17', 'token_malformed', 'two parts', `${header}.${payload}`],
    ['JWT-17', 'token_malformed', 'one part', header],
    ['JWT-17', 'token_malformed', 'four parts', `${token}.x`],
    ['JWT-17', 'token_malformed', 'a dot in front', `.${token}`],
    ['JWT-17', 'token_malformed', 'a dot behind', `${token}.`],
    ['JWT-17', 'token_malformed', 'padding', `${header}.${payload}.${signature}==`],
    ['JWT-17', 'token_malformed', 'base64 in the place of base64url', `${header}.${payload}+/.${signature}`],
    [
      'JWT-17',
      'token_malformed',
      'other bits at the end of the signature, which decode to the same bytes',
      flipUnusedBits(token),
    ],
    ['JWT-17', 'token_malformed', 'an empty payload', `${header}..${signature}`],
    [
      'JWT-17',
      'token_malformed',
      'a token of 9,000 characters',
      forge.accessToken({ claims: { filler: 'x'.repeat(9_000) } }),
    ],
    [
      'ATJ-07',
      'signature_invalid',
      'another signature',
      `${header}.${payload}.${forge.accessToken().split('.')[2]}`,
    ],
    [
      'ATJ-07',
      'signature_invalid',
      'another payload',
      `${header}.${encode(JSON.stringify({ ...forge.claims(), roles: ['admin'] }))}.${signature}`,
    ],
    [
      'ATJ-07',
      'signature_invalid',
      'a signature cut short',
      `${header}.${payload}.${signature.slice(0, -2)}`,
    ],
  ];
}

function pbes2(): string {
  const header = { alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2_147_483_647, p2s: encode('salt') };
  return [JSON.stringify(header), 'key', 'iv', 'ciphertext', 'tag'].map(encode).join('.');
}

/** 256 bytes of signature leave four bits of the last character unused; Node and most decoders do not look at them. */
function flipUnusedBits(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(token.at(-1) ?? '');
  return token.slice(0, -1) + (alphabet[last ^ 1] ?? '');
}

function jsonRows(forge: TokenForge): Row[] {
  const claims = JSON.stringify(forge.claims());
  const withPayload = (payload: string | Uint8Array): string =>
    signCompact(forge.header(), payload, forge.key);
  const twice = (name: string, first: unknown): string =>
    withPayload(claims.replace('{', `{${JSON.stringify(name)}:${JSON.stringify(first)},`));
  return [
    ['JWT-09', 'token_malformed', 'claims in UTF-16', withPayload(Buffer.from(claims, 'utf16le'))],
    ['JWT-09', 'token_malformed', 'claims behind a byte order mark', withPayload(`\uFEFF${claims}`)],
    [
      'JWT-09',
      'token_malformed',
      'claims with a byte that is not UTF-8',
      withPayload(
        Buffer.concat([Buffer.from(claims.slice(0, -1) + ',"x":"'), Buffer.from([0xff]), Buffer.from('"}')]),
      ),
    ],
    [
      'JWT-09',
      'token_malformed',
      'claims with an overlong encoding',
      withPayload(
        Buffer.concat([
          Buffer.from(claims.slice(0, -1) + ',"x":"'),
          Buffer.from([0xc0, 0xaf]),
          Buffer.from('"}'),
        ]),
      ),
    ],
    ['JWT-20', 'token_malformed', 'two sub', twice('sub', 'someone-else')],
    ['JWT-20', 'token_malformed', 'two aud', twice('aud', 'http://other.example')],
    [
      'JWT-20',
      'token_malformed',
      'two roles, one spelled with an escape',
      withPayload(claims.replace('{', String.raw`{"\u0072oles":["admin"],`)),
    ],
    [
      'JWT-20',
      'token_malformed',
      'two alg',
      signCompact(JSON.stringify(forge.header()).replace('{', '{"alg":"none",'), claims, forge.key),
    ],
    ['JWT-17', 'token_malformed', 'claims that are a list', withPayload(`[${claims}]`)],
    ['JWT-17', 'token_malformed', 'claims that are null', withPayload('null')],
    ['JWT-17', 'token_malformed', 'claims with a comma too many', withPayload(claims.replace('}', ',}'))],
  ];
}

function claimRows(forge: TokenForge): Row[] {
  const { issuer, audience } = forge.options;
  const withClaims = (claims: Record<string, unknown>): string => forge.accessToken({ claims });
  return [
    ['JWT-10', 'issuer_untrusted', 'another issuer', withClaims({ iss: 'http://attacker.example' })],
    ['JWT-10', 'issuer_untrusted', 'the issuer with a slash', withClaims({ iss: `${issuer}/` })],
    ['JWT-10', 'issuer_untrusted', 'the issuer in capitals', withClaims({ iss: issuer.toUpperCase() })],
    ['JWT-10', 'issuer_untrusted', 'the issuer in a list', withClaims({ iss: [issuer] })],
    ['JWT-10', 'issuer_untrusted', 'no iss', withClaims({ iss: undefined })],
    ['JWT-12', 'audience_mismatch', 'another audience', withClaims({ aud: 'http://other.example' })],
    ['JWT-12', 'audience_mismatch', 'the audience with a slash', withClaims({ aud: `${audience}/` })],
    [
      'JWT-12',
      'audience_mismatch',
      'the audience with something in front',
      withClaims({ aud: `x${audience}` }),
    ],
    [
      'JWT-12',
      'audience_mismatch',
      'the client as audience, as an ID token has it',
      withClaims({ aud: 'demo-web' }),
    ],
    ['JWT-12', 'claims_malformed', 'no aud', withClaims({ aud: undefined })],
    ['JWT-12', 'audience_mismatch', 'an empty aud', withClaims({ aud: [] })],
    ['JWT-12', 'claims_malformed', 'an aud that is an object', withClaims({ aud: { [audience]: true } })],
    [
      'JWT-12',
      'claims_malformed',
      'an aud with something that is no text',
      withClaims({ aud: [audience, 1] }),
    ],
    ['JWT-11', 'claims_malformed', 'no sub', withClaims({ sub: undefined })],
    ['JWT-11', 'claims_malformed', 'an empty sub', withClaims({ sub: '' })],
    ['JWT-11', 'claims_malformed', 'a sub that is a number', withClaims({ sub: 1 })],
    ['JWT-11', 'claims_malformed', 'a sub that is an object', withClaims({ sub: { id: 1 } })],
    ['JWT-11', 'claims_malformed', 'a sub of 300 characters', withClaims({ sub: 's'.repeat(300) })],
    ['JWT-11', 'claims_malformed', 'a sub with a line break', withClaims({ sub: 'a\r\nx-user-role: admin' })],
    ['ATJ-03', 'claims_malformed', 'no client_id', withClaims({ client_id: undefined })],
    ['ATJ-03', 'claims_malformed', 'no jti', withClaims({ jti: undefined })],
    ['ATJ-03', 'claims_malformed', 'a jti that is a number', withClaims({ jti: 1 })],
    ['ATJ-04', 'claims_malformed', 'a scope that is a list', withClaims({ scope: ['orders:read'] })],
    ['ATJ-04', 'claims_malformed', 'a scope with a quote', withClaims({ scope: 'orders:read "' })],
    [
      'ATJ-04',
      'claims_malformed',
      'a scope with two spaces',
      withClaims({ scope: 'orders:read  orders:write' }),
    ],
    ['ATJ-03', 'claims_malformed', 'roles that are text', withClaims({ roles: 'admin' })],
    [
      'ATJ-03',
      'claims_malformed',
      'roles with something that is no text',
      withClaims({ roles: ['customer', 1] }),
    ],
  ];
}

function timeRows(forge: TokenForge): Row[] {
  const now = Math.floor(forge.options.now() / 1_000);
  const withClaims = (claims: Record<string, unknown>): string => forge.accessToken({ claims });
  const withNumber = (name: string, literal: string): string => {
    const claims = JSON.stringify({ ...forge.claims(), [name]: 0 }).replace(
      `"${name}":0`,
      `"${name}":${literal}`,
    );
    return signCompact(forge.header(), claims, forge.key);
  };
  return [
    [
      'JWT-21',
      'token_expired',
      'an exp that has passed, beyond the skew',
      withClaims({ iat: now - 331, exp: now - 31 }),
    ],
    ['JWT-21', 'token_not_yet_valid', 'an nbf beyond the skew', withClaims({ nbf: now + 270 })],
    ['JWT-21', 'claims_malformed', 'an nbf that is text', withClaims({ nbf: String(now) })],
    [
      'JWT-22',
      'token_not_yet_valid',
      'an iat more than a minute ahead',
      withClaims({ iat: now + 550, exp: now + 900 }),
    ],
    ['JWT-23', 'lifetime_too_long', 'a life of a year', withClaims({ exp: now + 31_536_000 })],
    ['JWT-23', 'lifetime_too_long', 'a life of 601 seconds', withClaims({ iat: now, exp: now + 601 })],
    ['JWT-23', 'claims_malformed', 'no exp', withClaims({ exp: undefined })],
    ['JWT-23', 'claims_malformed', 'no iat', withClaims({ iat: undefined })],
    ['JWT-23', 'claims_malformed', 'an exp that is text', withClaims({ exp: String(now + 300) })],
    ['JWT-23', 'claims_malformed', 'an exp of 1e308', withNumber('exp', '1e308')],
    ['JWT-23', 'claims_malformed', 'an exp of 1e999, which parses as infinite', withNumber('exp', '1e999')],
    ['JWT-23', 'claims_malformed', 'an exp that is null', withClaims({ exp: null })],
    ['JWT-23', 'claims_malformed', 'an exp before the iat', withClaims({ iat: now + 20, exp: now + 10 })],
    ['JWT-23', 'claims_malformed', 'an exp that is not after the iat', withClaims({ iat: now, exp: now })],
  ];
}
