import { beforeEach, describe, expect, it } from '@jest/globals';
import { forgeKey } from '../testing/forged-key.js';
import { keyStoreOf } from '../testing/key-store-of.js';
import { signCompact } from '../testing/token-forge.js';
import { SecurityEventTokenVerifier } from './security-event-token-verifier.js';

const issuer = 'http://issuer.example';
const audience = 'gateway';
const SECONDS = 1_772_366_400;
const jti = 'an-event';
const TOKENS_REVOKED = 'https://schemas.openid.net/secevent/oauth/event-type/tokens-revoked';
const CAEP = 'https://schemas.openid.net/secevent/caep/event-type';

const key = forgeKey('ES256');
const stranger = forgeKey('ES256');

const header = { alg: 'ES256', typ: 'secevent+jwt', kid: key.kid };
const claims = {
  iss: issuer,
  aud: audience,
  iat: SECONDS,
  jti,
  toe: SECONDS,
  sub_id: { format: 'opaque', id: 'a-grant' },
  events: { [TOKENS_REVOKED]: {} },
};

const forge = (deviation: { header?: object; claims?: object } = {}, by = key): string =>
  signCompact({ ...header, ...deviation.header }, JSON.stringify({ ...claims, ...deviation.claims }), by);

let published: readonly unknown[];
let fetches: number;
let verifier: SecurityEventTokenVerifier;

beforeEach(() => {
  published = [key.publicJwk];
  fetches = 0;
  const keys = keyStoreOf(
    async () => {
      fetches++;
      return published;
    },
    () => SECONDS * 1_000,
  );
  verifier = new SecurityEventTokenVerifier({ issuer, audience, keys });
});

describe('SecurityEventTokenVerifier', () => {
  it.each<[event: string, claims: object, meaning: object]>([
    ['a revoked grant', {}, { by: 'grant', id: 'a-grant', lastIssuedAt: Infinity, occurredAt: SECONDS }],
    [
      'a revoked session (CAEP)',
      {
        sub_id: {
          format: 'complex',
          user: { format: 'iss_sub', iss: issuer, sub: 'a-subject' },
          session: { format: 'opaque', id: 'a-session' },
        },
        events: { [`${CAEP}/session-revoked`]: {} },
      },
      { by: 'session', id: 'a-session', lastIssuedAt: Infinity, occurredAt: SECONDS },
    ],
    [
      'a changed credential (CAEP)',
      {
        sub_id: { format: 'iss_sub', iss: issuer, sub: 'a-subject' },
        events: { [`${CAEP}/credential-change`]: { credential_type: 'password', change_type: 'update' } },
      },
      { by: 'subject', id: 'a-subject', lastIssuedAt: SECONDS, occurredAt: SECONDS },
    ],
    [
      'a disabled account (RISC), without toe',
      {
        toe: undefined,
        sub_id: { format: 'iss_sub', iss: issuer, sub: 'a-subject' },
        events: { 'https://schemas.openid.net/secevent/risc/event-type/account-disabled': {} },
      },
      { by: 'subject', id: 'a-subject', lastIssuedAt: SECONDS, occurredAt: SECONDS },
    ],
    [
      'a disabled client',
      {
        sub_id: { format: 'opaque', id: 'a-client' },
        events: { 'https://schemas.openid.net/secevent/oauth/event-type/client-disabled': {} },
      },
      { by: 'client', id: 'a-client', lastIssuedAt: SECONDS, occurredAt: SECONDS },
    ],
  ])('hands over %s', async (_event, deviation, revocation) => {
    const event = await verifier.verify(forge({ claims: deviation }), jti);
    expect(event).toEqual({ kind: 'tokens-revoked', revocation });
  });

  it('hands over a revoked signing key', async () => {
    const events = { 'urn:countersign:secevent:event-type:signing-key-revoked': {} };
    const token = forge({ claims: { events, sub_id: { format: 'opaque', id: 'a-kid' } } });
    expect(await verifier.verify(token, jti)).toEqual({ kind: 'key-revoked', kid: 'a-kid' });
  });

  it('passes over an event of another type, whatever its subject', async () => {
    const token = forge({ claims: { events: { 'https://events.example/weather': {} }, sub_id: undefined } });
    expect(await verifier.verify(token, jti)).toEqual({ kind: 'irrelevant' });
  });

  it.each<[deviation: string, token: string, code: string]>([
    ['an access token of the issuer', forge({ header: { typ: 'at+jwt' } }), 'type_refused'],
    ['a logout token of the issuer', forge({ header: { typ: 'logout+jwt' } }), 'type_refused'],
    ['no typ', forge({ header: { typ: undefined } }), 'type_refused'],
    ['alg none', forge({ header: { alg: 'none' } }), 'algorithm_refused'],
    ['the signature of another key', forge({}, stranger), 'signature_invalid'],
    ['another issuer', forge({ claims: { iss: 'http://other.example' } }), 'issuer_untrusted'],
    ['another receiver', forge({ claims: { aud: 'another' } }), 'audience_mismatch'],
    ['no receiver', forge({ claims: { aud: undefined } }), 'audience_mismatch'],
    ['the jti of another delivery', forge({ claims: { jti: 'another' } }), 'claims_malformed'],
    ['no events', forge({ claims: { events: undefined } }), 'claims_malformed'],
    ['no subject', forge({ claims: { sub_id: undefined } }), 'claims_malformed'],
    ['a subject of another form', forge({ claims: { sub_id: { format: 'email' } } }), 'claims_malformed'],
    [
      'the subject of another issuer',
      forge({
        claims: {
          sub_id: { format: 'iss_sub', iss: 'http://other.example', sub: 'a-subject' },
          events: { [`${CAEP}/credential-change`]: {} },
        },
      }),
      'claims_malformed',
    ],
  ])('refuses %s', async (_deviation, token, code) => {
    await expect(verifier.verify(token, jti)).rejects.toMatchObject({ name: 'AuthError', code });
  });

  it('fetches the keys at once for a key that is new, although they have just been fetched', async () => {
    await verifier.verify(forge(), jti);
    published = [key.publicJwk, stranger.publicJwk];
    await expect(
      verifier.verify(forge({ header: { kid: stranger.kid } }, stranger), jti),
    ).resolves.toMatchObject({
      kind: 'tokens-revoked',
    });
    expect(fetches).toBe(2);
  });
});
