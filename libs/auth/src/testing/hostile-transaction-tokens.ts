import { createPublicKey, randomUUID } from 'node:crypto';
import { forgeKey, type ForgedKey } from './forged-key.js';
import type { HostileRow } from './hostile-row.js';
import type { HostileToken } from './hostile-access-tokens.js';
import { encode, encodeParts, signCompact, signHmac } from './token-forge.js';

export interface TransactionTokenForgeOptions {
  readonly trustDomain: string;
  /** SPIFFE ID of the token service. */
  readonly workload: string;
  /** The token service's own key: with it every row differs from an accepted token by one thing alone. */
  readonly key: ForgedKey;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

type Members = Readonly<Record<string, unknown>>;

/** Makes transaction tokens, the accepted kind and every other. */
export class TransactionTokenForge {
  constructor(readonly options: TransactionTokenForgeOptions) {}

  token(claims: Members = {}, header: Members = {}, key: ForgedKey = this.options.key): string {
    return signCompact({ ...this.header(), ...header }, JSON.stringify({ ...this.claims(), ...claims }), key);
  }

  header(): Members {
    return { alg: 'ES256', typ: 'txntoken+jwt', kid: this.options.key.kid };
  }

  claims(): Members {
    const { trustDomain, workload, now } = this.options;
    const iat = Math.floor(now() / 1_000);
    return {
      aud: trustDomain,
      iat,
      exp: iat + 30,
      txn: randomUUID(),
      sub: randomUUID(),
      scope: 'orders:read orders:write payments:read payments:write',
      req_wl: workload,
      rctx: { iss: 'http://issuer.example', client_id: 'forge', jti: randomUUID(), roles: ['customer'] },
    };
  }
}

const CODES_OF_MISSING_CLAIMS = {
  aud: 'audience_mismatch',
  iat: 'claims_malformed',
  exp: 'claims_malformed',
  txn: 'claims_malformed',
  sub: 'claims_malformed',
  scope: 'claims_malformed',
  req_wl: 'issuer_untrusted',
  rctx: 'claims_malformed',
} as const;

/** The transaction tokens that a workload has to refuse. */
export function hostileTransactionTokens(forge: TransactionTokenForge): readonly HostileToken[] {
  const { trustDomain, key, now } = forge.options;
  const seconds = Math.floor(now() / 1_000);
  const claims = JSON.stringify(forge.claims());
  const [header = '', payload = '', signature = ''] = forge.token().split('.');
  const rctx = forge.claims()['rctx'] as Members;
  const pem = createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' }).toString();
  const stranger = forgeKey('ES256');
  const rows: readonly HostileRow[] = [
    ['TXN-01', 'type_refused', 'the typ of an access token', forge.token({}, { typ: 'at+jwt' })],
    ['TXN-01', 'type_refused', 'no typ', forge.token({}, { typ: undefined })],
    ['JWT-04', 'token_malformed', 'alg none', `${encodeParts({ ...forge.header(), alg: 'none' }, claims)}.`],
    [
      'JWT-01',
      'algorithm_refused',
      'HS256 with the public key as secret',
      signHmac({ ...forge.header(), alg: 'HS256' }, claims, pem),
    ],
    [
      'JWT-13',
      'header_refused',
      'the key in the header',
      forge.token({}, { jwk: stranger.publicJwk, kid: stranger.kid }, stranger),
    ],
    [
      'TXN-13',
      'key_unknown',
      'a key that is not published',
      forge.token({}, { kid: stranger.kid }, stranger),
    ],
    [
      'TXN-13',
      'signature_invalid',
      "a stranger's signature under the published kid",
      forge.token({}, {}, stranger),
    ],
    ['TXN-13', 'header_refused', 'no kid', forge.token({}, { kid: undefined })],
    [
      'JWT-17',
      'signature_invalid',
      'a payload that was exchanged',
      `${header}.${encode(claims)}.${signature}`,
    ],
    ['JWT-17', 'token_malformed', 'no signature', `${header}.${payload}.`],
    ['JWT-17', 'token_malformed', 'padding', `${header}.${payload}.${signature}==`],
    [
      'JWT-20',
      'token_malformed',
      'two sub',
      signCompact(forge.header(), claims.replace('{', '{"sub":"someone-else",'), key),
    ],
    [
      'TXN-02',
      'audience_mismatch',
      'the audience of another trust domain',
      forge.token({ aud: 'other.example' }),
    ],
    [
      'TXN-02',
      'audience_mismatch',
      'the audience in a list with another',
      forge.token({ aud: [trustDomain, 'other.example'] }),
    ],
    [
      'TXN-02',
      'issuer_untrusted',
      'another requesting workload',
      forge.token({ req_wl: `spiffe://${trustDomain}/orders` }),
    ],
    [
      'TXN-03',
      'token_expired',
      'an exp that has passed',
      forge.token({ iat: seconds - 40, exp: seconds - 10 }),
    ],
    ['TXN-03', 'lifetime_too_long', 'a life of five minutes', forge.token({ exp: seconds + 300 })],
    ['TXN-03', 'token_not_yet_valid', 'an iat ahead', forge.token({ iat: seconds + 20, exp: seconds + 50 })],
    ['TXN-03', 'claims_malformed', 'an exp that is text', forge.token({ exp: String(seconds + 30) })],
    ['TXN-02', 'claims_malformed', 'a sub with a line break', forge.token({ sub: 'a\r\nb' })],
    ['TXN-02', 'claims_malformed', 'a scope that is a list', forge.token({ scope: ['orders:read'] })],
    ['TXN-02', 'claims_malformed', 'roles that are text', forge.token({ rctx: { ...rctx, roles: 'admin' } })],
    [
      'TXN-02',
      'claims_malformed',
      'no client in the requester context',
      forge.token({ rctx: { ...rctx, client_id: undefined } }),
    ],
    ...Object.entries(CODES_OF_MISSING_CLAIMS).map(
      ([name, code]) => ['TXN-02', code, `no ${name}`, forge.token({ [name]: undefined })] as const,
    ),
  ];
  return rows.map(([id, code, title, token]) => ({ id, code, title, token }));
}
