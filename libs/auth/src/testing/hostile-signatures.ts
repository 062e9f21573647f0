import { createPublicKey } from 'node:crypto';
import { forgeKey } from './forged-key.js';
import type { HostileRow } from './hostile-row.js';
import { encode, encodeParts, signCompact, signHmac, type TokenForge } from './token-forge.js';

/** What an attacker does to `alg` (RFC 8725 §2.1, §3.1, §3.2). */
export function algorithmRows(forge: TokenForge): HostileRow[] {
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
    ...unaccepted.map((alg): HostileRow => {
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
    ...['none', 'None', 'NONE', 'nOnE', 'noNE', 'none ', ''].flatMap((alg): HostileRow[] => [
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

/** What an attacker does to the key and its name (RFC 8725 §3.8, §3.10). */
export function keyRows(forge: TokenForge): HostileRow[] {
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
