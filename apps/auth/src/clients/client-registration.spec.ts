import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { TOKEN_EXCHANGE } from '../token-exchange/token-exchange-policy.js';
import { clientRegistration, faultOf, parseClientRegistration } from './client-registration.js';

type Members = Readonly<Record<string, unknown>>;

/** A web application in which people log in. */
const webApplication: Members = {
  client_id: 'app',
  client_name: 'An application',
  token_endpoint_auth_method: 'client_secret_basic',
  redirect_uris: ['https://app.example/callback'],
  post_logout_redirect_uris: ['https://app.example/'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  scope: 'openid offline_access',
};
/** A program that gets tokens for itself. */
const service: Members = { client_id: 'service', grant_types: ['client_credentials'], scope: 'orders:read' };

const policy = { subject_clients: ['web'], audiences: ['https://api.example'] };
/** A service that acts for the people who call it. */
const exchanging: Members = { ...service, grant_types: [TOKEN_EXCHANGE], token_exchange: policy };

const es256 = { ...keyPair().publicJwk, kid: 'one', alg: 'ES256', use: 'sig' };

function keyPair() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { publicJwk: publicKey.export({ format: 'jwk' }), privateJwk: privateKey.export({ format: 'jwk' }) };
}

function faultsOf(members: Members): readonly string[] {
  return clientRegistration.safeParse(members).error?.issues.map(faultOf) ?? [];
}

describe('a client registration', () => {
  it.each<[kind: string, members: Members]>([
    ['a web application', webApplication],
    ['a public client', { ...webApplication, token_endpoint_auth_method: 'none' }],
    ['a native application', { ...webApplication, redirect_uris: ['http://127.0.0.1/callback'] }],
    ['a service', service],
    ['a service with a role', { ...service, roles: ['admin'] }],
    [
      'a service with a key',
      { ...service, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [es256] } },
    ],
    ['a service that exchanges tokens', exchanging],
    ['a resource server, which gets no tokens', { client_id: 'rs', resource_server: 'https://api.example' }],
  ])('has no faults for %s', (_kind, members) => {
    expect(faultsOf(members)).toEqual([]);
  });

  it('lists every fault', () => {
    const faults = faultsOf({
      client_id: '',
      client_name: '',
      redirect_uris: ['/'],
      scope: ' ',
      nonsense: 1,
    });
    for (const name of ['client_id', 'client_name', 'redirect_uris.0', 'scope', 'nonsense'])
      expect(faults).toContainEqual(expect.stringContaining(name));
  });

  it.each<[deviation: string, deviating: Members]>([
    ['an id that could be a person (BCP-20, JWT-11)', { client_id: '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0001' }],
    ['the same in upper case (BCP-20)', { client_id: '6F1C2A54-0F3B-4D0E-9A57-1D0B1C7E0001' }],
    ['an id that is empty', { client_id: '' }],
    ['an id of 65 characters', { client_id: 'a'.repeat(65) }],
    ['an id that could be a path', { client_id: '../admin' }],
    ['an id with a line end', { client_id: 'app\n' }],
    ['an id with a colon, which ends it in Basic authentication', { client_id: 'a:b' }],
    ['an id that is an address', { client_id: 'https://app.example' }],
    ['an id that is not text', { client_id: 1 }],
    ['a name with control characters', { client_name: 'An\u0000app' }],
    ['a name that turns text around', { client_name: 'An \u202Eapp' }],
    ['a name of spaces', { client_name: '   ' }],
    ['a name of 101 characters', { client_name: 'a'.repeat(101) }],
    ['a redirect over plain http (BCP-14)', { redirect_uris: ['http://app.example/callback'] }],
    ['a redirect with a pattern (BCP-01)', { redirect_uris: ['https://app.example/*'] }],
    ['a redirect to a scheme that runs code', { redirect_uris: ['javascript:alert(1)'] }],
    ['a redirect twice', { redirect_uris: ['https://app.example/', 'https://app.example/'] }],
    [
      '21 redirects',
      { redirect_uris: Array.from({ length: 21 }, (_, port) => `https://app.example/${port}`) },
    ],
    ['a redirect of 2 KB', { redirect_uris: [`https://app.example/${'a'.repeat(2_000)}`] }],
    ['no redirect for a login (BCP-01)', { redirect_uris: [] }],
    ['a logout redirect over plain http', { post_logout_redirect_uris: ['http://app.example/'] }],
    ['a logout notification over plain http', { backchannel_logout_uri: 'http://app.example/logout' }],
    ['the implicit grant (BCP-07)', { grant_types: ['authorization_code', 'implicit'] }],
    ['the password grant (BCP-07)', { grant_types: ['authorization_code', 'password'] }],
    ['another response type (BCP-07)', { response_types: ['token'] }],
    ['no response type', { response_types: [] }],
    ['an unknown way to authenticate', { token_endpoint_auth_method: 'client_secret_jwt' }],
    ['no list of scopes', { scope: undefined }],
    ['an empty list of scopes', { scope: '' }],
    ['a scope twice', { scope: 'openid openid' }],
    ['a quote in a scope', { scope: 'openid "x"' }],
    ['a secret of its own choice', { client_secret: 'secret' }],
    ['keys at an address, which the issuer would have to fetch', { jwks_uri: 'https://app.example/jwks' }],
    ['a symmetric algorithm for ID tokens', { id_token_signed_response_alg: 'HS256' }],
    ['a sector, which the issuer would have to fetch', { sector_identifier_uri: 'https://app.example/s' }],
    ['a role that there is not', { grant_types: ['client_credentials'], redirect_uris: [], roles: ['root'] }],
    ['keys without private_key_jwt', { jwks: { keys: [es256] } }],
    ['a flag as text', { dpop_bound_access_tokens: 'true' }],
    ['a member of the prototype', JSON.parse('{"__proto__x":1}') as Members],
  ])('of an application has a fault with %s', (_deviation, deviating) => {
    expect(faultsOf({ ...webApplication, ...deviating })).not.toEqual([]);
  });

  it.each<[deviation: string, deviating: Members]>([
    ['no way to authenticate (RFC 6749 §4.4)', { token_endpoint_auth_method: 'none' }],
    ['redirects', { redirect_uris: ['https://app.example/callback'] }],
    ['a refresh token', { grant_types: ['client_credentials', 'refresh_token'] }],
    ['a role but no tokens of its own', { grant_types: [], scope: undefined, roles: ['admin'] }],
    ['private_key_jwt without keys', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['a logout notification', { backchannel_logout_uri: 'https://app.example/logout' }],
  ])('of a service has a fault with %s', (_deviation, deviating) => {
    expect(faultsOf({ ...service, ...deviating })).not.toEqual([]);
  });

  it.each<[deviation: string, deviating: Members]>([
    ['without a word on what', { token_exchange: undefined }],
    ['without its grant type', { grant_types: ['client_credentials'] }],
    ['for no resource server', { token_exchange: { ...policy, audiences: [] } }],
    ['of nobody’s tokens', { token_exchange: { ...policy, subject_clients: [] } }],
    ['with a rule that there is not', { token_exchange: { ...policy, actors: ['x'] } }],
    ['of a public client', { token_endpoint_auth_method: 'none' }],
    ['of an algorithm that is none', { access_token_algorithm: 'HS256' }],
  ])('has a fault with token exchange %s', (_deviation, deviating) => {
    expect(faultsOf({ ...exchanging, ...deviating })).toHaveLength(1);
  });

  it.each<[deviation: string, keys: readonly unknown[]]>([
    ['no key', []],
    ['six keys', Array.from({ length: 6 }, (_, kid) => ({ ...es256, kid: String(kid) }))],
    ['two of one kid', [es256, es256]],
    ['a key without kid', [{ ...es256, kid: undefined }]],
    ['a private key', [{ ...keyPair().privateJwk, kid: 'one' }]],
    ['a symmetric key', [{ kty: 'oct', k: 'c2VjcmV0', kid: 'one' }]],
    ['a key for encryption', [{ ...es256, use: 'enc' }]],
    ['an algorithm that does not fit the key', [{ ...es256, alg: 'RS256' }]],
    ['a point off the curve', [{ ...es256, y: es256.x }]],
    ['a weak RSA key', [weakRsaKey()]],
    ['text', ['key']],
    ['a key with members that nobody knows', [{ ...es256, x5u: 'https://app.example/' }]],
    ['a kid that no database takes', [{ ...es256, kid: '\u0000' }]],
  ])('has a fault with keys that are %s', (_deviation, keys) => {
    const members = { ...service, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } };
    expect(faultsOf(members)).not.toEqual([]);
  });

  it('that is made by our own code and breaks a rule is a fault of ours', () => {
    expect(() => parseClientRegistration({ client_id: 'a b' })).toThrow(TypeError);
  });
});

function weakRsaKey() {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 });
  return { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256' };
}
