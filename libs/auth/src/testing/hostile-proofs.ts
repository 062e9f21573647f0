import type { AuthErrorCode } from '../auth-error.js';
import { forgeKey } from './forged-key.js';
import { ProofForge, type ProofDeviation, type ProofRequest } from './proof-forge.js';
import { encode, encodeParts, signCompact, signHmac } from './token-forge.js';

/** DPoP headers that no resource server may accept. They differ from an accepted proof by what their title says alone. */
export interface HostileProof {
  /** Requirement that it tests, as in `docs/specifications.md`. */
  readonly id: string;
  /** The check that has to refuse it. */
  readonly code: AuthErrorCode;
  readonly title: string;
  /** The value of each `DPoP` header of the request. */
  readonly headers: readonly string[];
}

type Row = readonly [id: string, code: AuthErrorCode, title: string, ...headers: string[]];

/**
 * The hostile proofs for a request with a token that is bound to the forge's key.
 *
 * @param request with the nonce that is valid, if one is wanted
 */
export function hostileProofs(forge: ProofForge, request: ProofRequest): readonly HostileProof[] {
  const rows = [
    ...formRows(forge, request),
    ...claimRows(forge, request),
    ...keyRows(forge, request),
    ...targetRows(forge, request),
    ...timeRows(forge, request),
  ];
  return rows.map(([id, code, title, ...headers]) => ({ id, code, title, headers }));
}

function formRows(forge: ProofForge, request: ProofRequest): Row[] {
  const proof = (): string => forge.proof(request);
  const [header = '', payload = '', signature = ''] = proof().split('.');
  const json = JSON.stringify({ protected: header, payload, signature });
  const withType = (typ: unknown): string => forge.proof(request, { header: { typ } });
  const twice = JSON.stringify(forge.claims(request)).replace('{', '{"htm":"DELETE",');
  return [
    ['DPO-01', 'proof_missing', 'no proof'],
    ['DPO-01', 'proof_malformed', 'two headers', proof(), proof()],
    ['DPO-01', 'proof_malformed', 'the same header twice', ...Array(2).fill(proof())],
    ['DPO-01', 'proof_malformed', 'two proofs in a header', `${proof()}, ${proof()}`],
    ['DPO-02', 'proof_malformed', 'an empty header', ''],
    ['DPO-02', 'proof_malformed', 'no JWT', 'not-a-jwt'],
    ['DPO-02', 'proof_malformed', 'five parts', `${proof()}.x.y`],
    ['DPO-02', 'proof_malformed', 'a JWS in JSON', json],
    ['DPO-02', 'proof_malformed', 'padding', `${proof()}==`],
    ['DPO-02', 'proof_malformed', 'no signature', `${header}.${payload}.`],
    ['DPO-02', 'proof_malformed', 'a header that is no JSON', `${encode('{')}.${payload}.${signature}`],
    ['DPO-02', 'proof_malformed', 'a claim twice', signCompact(forge.header(), twice, forge.key)],
    [
      'DPO-02',
      'proof_malformed',
      '5,000 characters',
      forge.proof(request, { claims: { x: 'x'.repeat(5_000) } }),
    ],
    ['DPO-02', 'proof_malformed', 'crit', forge.proof(request, { header: { crit: ['x'], x: 1 } })],
    ['DPO-02', 'proof_malformed', 'b64', forge.proof(request, { header: { b64: false } })],
    ['DPO-04', 'proof_malformed', 'the typ of an access token', withType('at+jwt')],
    ['DPO-04', 'proof_malformed', 'the typ JWT', withType('JWT')],
    ['DPO-04', 'proof_malformed', 'a typ in a list', withType(['dpop+jwt'])],
    ['DPO-04', 'proof_malformed', 'no typ', withType(undefined)],
  ];
}

function claimRows(forge: ProofForge, request: ProofRequest): Row[] {
  const withClaim = (name: string, value: unknown): string =>
    forge.proof(request, { claims: { [name]: value } });
  const claims = JSON.stringify({ ...forge.claims(request), iat: 0 }).replace('"iat":0', '"iat":1e999');
  return [
    ...['jti', 'htm', 'htu', 'iat'].map((name): Row => [
      'DPO-03',
      'proof_malformed',
      `no ${name}`,
      withClaim(name, undefined),
    ]),
    ['DPO-03', 'proof_malformed', 'a jti that is a number', withClaim('jti', 1)],
    ['DPO-03', 'proof_malformed', 'an empty jti', withClaim('jti', '')],
    ['DPO-03', 'proof_malformed', 'a jti of 300 characters', withClaim('jti', 'x'.repeat(300))],
    ['DPO-03', 'proof_malformed', 'an htm in a list', withClaim('htm', [request.method])],
    ['DPO-03', 'proof_malformed', 'an htu in a list', withClaim('htu', [request.uri])],
    [
      'DPO-03',
      'proof_malformed',
      'an iat that is text',
      withClaim('iat', String(forge.claims(request)['iat'])),
    ],
    ['DPO-03', 'proof_malformed', 'an infinite iat', signCompact(forge.header(), claims, forge.key)],
    ['DPO-03', 'proof_malformed', 'a nonce that is a number', withClaim('nonce', 1)],
    ['DPO-12', 'proof_malformed', 'no ath', withClaim('ath', undefined)],
    ['DPO-12', 'proof_malformed', 'an ath that is null', withClaim('ath', null)],
    ['DPO-12', 'proof_mismatch', 'the access token as its ath', withClaim('ath', request.accessToken)],
    [
      'DPO-12',
      'proof_mismatch',
      'the ath of another token',
      forge.proof({ ...request, accessToken: `${request.accessToken}x` }),
    ],
  ];
}

function keyRows(forge: ProofForge, request: ProofRequest): Row[] {
  const { publicJwk, privateKey } = forge.key;
  const another = forgeKey('ES256');
  const deviate = (deviation: ProofDeviation): string => forge.proof(request, deviation);
  const withJwk = (jwk: unknown): string => deviate({ header: { jwk } });
  const claims = JSON.stringify(forge.claims(request));
  const hs256 = { ...forge.header(), alg: 'HS256' };
  const [header = '', , signature = ''] = deviate({}).split('.');
  const ofHeader = (changes: object): string => encodeParts({ ...forge.header(), ...changes }, claims);
  const rsa = forgeKey('RS256').publicJwk;
  return [
    ['DPO-05', 'proof_key_refused', 'alg none', `${ofHeader({ alg: 'none' })}.${signature}`],
    ['DPO-05', 'proof_key_refused', 'no alg', deviate({ header: { alg: undefined } })],
    [
      'DPO-05',
      'proof_key_refused',
      'HS256 by its own jwk',
      signHmac(hs256, claims, JSON.stringify(publicJwk)),
    ],
    ['DPO-05', 'proof_key_refused', 'an alg that is not listed', deviate({ header: { alg: 'ES384' } })],
    ['DPO-05', 'proof_key_refused', 'an alg of another type of key', deviate({ header: { alg: 'EdDSA' } })],
    ['DPO-06', 'proof_signature_invalid', 'a signature by another key', deviate({ signer: another })],
    ['DPO-06', 'proof_signature_invalid', 'other claims', `${header}.${encode(claims)}.${signature}`],
    ['DPO-06', 'proof_signature_invalid', 'a signature cut short', deviate({}).slice(0, -22)],
    ['DPO-07', 'proof_malformed', 'no key', withJwk(undefined)],
    ['DPO-07', 'proof_malformed', 'a key that is text', withJwk(JSON.stringify(publicJwk))],
    ['DPO-07', 'proof_key_refused', 'the private key', withJwk(privateKey.export({ format: 'jwk' }))],
    ['DPO-07', 'proof_key_refused', 'a private member that is null', withJwk({ ...publicJwk, d: null })],
    ['DPO-07', 'proof_key_refused', 'a symmetric key', withJwk({ kty: 'oct', k: 'AAAA' })],
    ['DPO-07', 'proof_key_refused', 'a symmetric key of no type', withJwk({ k: 'AAAA' })],
    ['DPO-07', 'proof_key_refused', 'an RSA key of 8192 bits', withJwk({ ...rsa, n: 'x'.repeat(1_366) })],
    ['DPO-07', 'proof_key_refused', 'an RSA exponent as long as its modulus', withJwk({ ...rsa, e: rsa.n })],
    [
      'DPO-12',
      'confirmation_unproven',
      'another key',
      new ProofForge(() => iatOf(forge, request)).proof(request),
    ],
  ];
}

function targetRows(forge: ProofForge, request: ProofRequest): Row[] {
  const url = new URL(request.uri);
  const withUri = (uri: string): string => forge.proof({ ...request, uri });
  const changed = (change: Partial<URL>): string => withUri(Object.assign(new URL(url), change).href);
  const withMethod = (method: string): string => forge.proof({ ...request, method });
  const otherScheme = url.protocol === 'https:' ? 'http:' : 'https:';
  const mismatch = (id: string, title: string, proof: string): Row => [id, 'proof_mismatch', title, proof];
  return [
    mismatch('DPO-08', 'another method', withMethod(request.method === 'POST' ? 'GET' : 'POST')),
    mismatch('DPO-08', 'the method in small letters', withMethod(request.method.toLowerCase())),
    mismatch('DPO-09', 'another host', changed({ hostname: 'evil.example' })),
    mismatch('DPO-09', 'a host that ends so', changed({ hostname: `evil.${url.hostname}` })),
    mismatch('DPO-09', 'another port', changed({ port: '1' })),
    mismatch('DPO-09', 'another scheme', withUri(url.href.replace(url.protocol, otherScheme))),
    mismatch('DPO-09', 'another path', changed({ pathname: `${url.pathname}x` })),
    mismatch('DPO-09', 'a slash at the end', changed({ pathname: `${url.pathname}/` })),
    mismatch('DPO-09', 'the path in capitals', changed({ pathname: url.pathname.toUpperCase() })),
    mismatch('DPO-09', 'someone before the host', changed({ username: 'someone' })),
    mismatch('DPO-09', 'the path alone', withUri(url.pathname)),
    mismatch('DPO-09', 'an empty htu', withUri('')),
  ];
}

function timeRows(forge: ProofForge, request: ProofRequest): Row[] {
  const now = Number(forge.claims(request)['iat']);
  const at = (iat: number): string => forge.proof(request, { claims: { iat } });
  return [
    ['DPO-11', 'proof_untimely', 'an iat of 302 seconds ago', at(now - 302)],
    ['DPO-11', 'proof_untimely', 'an iat 63 seconds ahead', at(now + 63)],
    ['DPO-11', 'proof_untimely', 'an iat in milliseconds', at(now * 1_000)],
    ['DPO-11', 'proof_untimely', 'a negative iat', at(-now)],
    ...(request.nonce === undefined ? [] : nonceRows(forge, request)),
  ];
}

function nonceRows(forge: ProofForge, request: ProofRequest): Row[] {
  const withNonce = (nonce: string | undefined): string => forge.proof({ ...request, nonce });
  return [
    ['DPO-10', 'proof_nonce_required', 'no nonce', withNonce(undefined)],
    ['DPO-10', 'proof_nonce_required', 'an empty nonce', withNonce('')],
    ['DPO-10', 'proof_nonce_required', 'a nonce that nobody gave out', withNonce('A'.repeat(43))],
    ['DPO-10', 'proof_nonce_required', 'half a nonce', withNonce(request.nonce?.slice(0, 20))],
  ];
}

function iatOf(forge: ProofForge, request: ProofRequest): number {
  return Number(forge.claims(request)['iat']) * 1_000;
}
