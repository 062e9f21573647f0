import { describe, expect, it } from '@jest/globals';
import type { Client } from 'oidc-provider';
import { ringKey as key } from '../../test-support/ring-key.js';
import { ResourceServers } from '../resource-servers/resource-servers.js';
import { KeyRing, type RingKey } from '../signing-keys/key-ring.js';
import type { SigningKey } from '../signing-keys/signing-key.js';
import { SigningUnavailableError } from '../signing-keys/signing-unavailable-error.js';
import { SignatureCheck } from './signature-check.js';

const api = 'https://api.example';
const ledger = 'https://ledger.example';
const handles = 'https://handles.example';
const servers = ResourceServers.of([
  {
    identifier: api,
    scopes: ['orders:read'],
    accessTokenSeconds: 300,
    accessToken: { name: 'RS256' },
    choices: ['RS256', 'PS256', 'opaque'],
  },
  {
    identifier: ledger,
    scopes: ['ledger:read'],
    accessTokenSeconds: 300,
    accessToken: { name: 'ES256' },
    choices: [],
  },
  {
    identifier: handles,
    scopes: ['x:read'],
    accessTokenSeconds: 300,
    accessToken: { name: 'opaque' },
    choices: [],
  },
]);

function check(...keys: readonly RingKey[]): SignatureCheck {
  return new SignatureCheck(KeyRing.of(keys) as unknown as KeyRing<SigningKey>, servers);
}

const client = (metadata: object = {}) => metadata as Client;
const rs256 = key('rs', 'signing');
const es256 = key('es', 'signing', { alg: 'ES256' });

interface Asked {
  readonly client?: Client;
  readonly scope?: string;
  readonly resource?: string | readonly string[];
  /** Parameters of the request, which narrow what was granted. */
  readonly params?: Readonly<Record<string, string>>;
}

function redeem(keys: readonly RingKey[], asked: Asked): void {
  const { params = {} } = asked;
  check(...keys).assertSignsAnswer(
    {
      client: asked.client ?? client(),
      params,
      requestParamScopes: new Set(params['scope']?.split(' ')),
    },
    { scopes: new Set(asked.scope?.split(' ')), resource: asked.resource },
  );
}

const toApi = { scope: 'orders:read', resource: api };

describe('what is redeemed is not used up while no key signs the answer', () => {
  it.each<[sentence: string, keys: readonly RingKey[], asked: Asked]>([
    ['the key of the resource server is announced', [key('next', 'announced')], toApi],
    ['the key of the resource server is retired', [key('before', 'retired')], toApi],
    ['the key of the resource server is revoked', [key('stolen', 'revoked')], toApi],
    [
      'the client has an algorithm of its own',
      [rs256],
      { ...toApi, client: client({ access_token_algorithm: 'PS256' }) },
    ],
    [
      'the request names the resource server',
      [rs256],
      { resource: [api, ledger], params: { resource: ledger } },
    ],
    ['there is an ID token besides', [es256], { scope: 'openid ledger:read', resource: ledger }],
    [
      'the ID token of the client has an algorithm of its own',
      [rs256],
      { ...toApi, scope: 'openid', client: client({ idTokenSignedResponseAlg: 'ES256' }) },
    ],
  ])('%s', (_sentence, keys, asked) => {
    expect(() => {
      redeem(keys, asked);
    }).toThrow(SigningUnavailableError);
  });

  it.each<[sentence: string, keys: readonly RingKey[], asked: Asked]>([
    ['a key signs', [rs256], toApi],
    ['the tokens are handles', [], { scope: 'x:read', resource: handles }],
    ['the client takes handles', [], { ...toApi, client: client({ access_token_format: 'opaque' }) }],
    [
      'the request leaves out the ID token',
      [es256],
      { scope: 'openid', resource: ledger, params: { scope: 'ledger:read' } },
    ],
    [
      'the resource server is none of ours, which is refused elsewhere',
      [rs256],
      { resource: 'https://other.example' },
    ],
    [
      'no key signs the ID tokens of other clients',
      [es256],
      { scope: 'openid', resource: ledger, client: client({ idTokenSignedResponseAlg: 'ES256' }) },
    ],
    [
      'another algorithm has no key',
      [rs256, key('new', 'announced', { alg: 'PS256' })],
      { ...toApi, scope: 'openid' },
    ],
  ])('and is used up when %s', (_sentence, keys, asked) => {
    expect(() => {
      redeem(keys, asked);
    }).not.toThrow();
  });
});
