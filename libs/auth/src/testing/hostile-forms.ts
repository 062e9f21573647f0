import { forgeKey } from './forged-key.js';
import type { HostileRow } from './hostile-row.js';
import { encode, signCompact, type TokenForge } from './token-forge.js';

/** What else an attacker puts into the header. */
export function headerRows(forge: TokenForge): HostileRow[] {
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
    ...types.map((typ): HostileRow => ['JWT-14', 'type_refused', `typ "${typ}"`, withHeader({ typ })]),
    ['JWT-14', 'type_refused', 'no typ', withHeader({ typ: undefined })],
    ['JWT-14', 'type_refused', 'a typ that is a list', withHeader({ typ: ['at+jwt'] })],
  ];
}

/** What an attacker does to the serialization. */
export function formRows(forge: TokenForge): HostileRow[] {
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

/** What an attacker does to the JSON inside (RFC 8725 §3.7). */
export function jsonRows(forge: TokenForge): HostileRow[] {
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
