import { describe, expect, it } from '@jest/globals';
import type Provider from 'oidc-provider';
import type { SubjectToken } from '../token-exchange/subject-token.js';
import { findSubjectRoles } from './find-subject-roles.js';
import { toAuthenticatedAccount } from './token-claims.js';

const PERSON = '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0001';

/** What is there: two clients, a grant of the person, and the account. Each row takes one of them away. */
interface World {
  readonly clients: Readonly<Record<string, object>>;
  readonly grants: Readonly<Record<string, object>>;
  readonly accounts: readonly string[];
  /** Clients whose tokens an event has ended. */
  readonly ended: readonly string[];
}

const world: World = {
  clients: { web: {}, service: {}, operator: { roles: ['admin'] } },
  grants: { 'grant-1': { accountId: PERSON }, 'grant-2': { accountId: 'someone-else' } },
  accounts: [PERSON],
  ended: [],
};

const account = { email: 'c@example.com', name: 'C', roles: ['customer'], emailVerified: true } as const;
const personsToken = { sub: PERSON, client_id: 'web', grant_id: 'grant-1' };
const servicesToken = { sub: 'service', client_id: 'service' };

function rolesOf(
  token: object,
  { clients, grants, accounts, ended }: World,
): Promise<readonly string[] | undefined> {
  const provider = {
    Client: { find: (id: string) => Promise.resolve(clients[id]) },
    Grant: { find: (id: string) => Promise.resolve(grants[id]) },
  } as unknown as Provider;
  return findSubjectRoles(token as SubjectToken, provider, {
    findAccount: (id) =>
      Promise.resolve(accounts.includes(id) ? toAuthenticatedAccount({ ...account, id }) : undefined),
    isRevoked: ({ client_id }) => Promise.resolve(ended.includes(client_id)),
  });
}

describe('the subject of an access token', () => {
  it.each<[who: string, token: object, roles: readonly string[]]>([
    ['a person', personsToken, ['customer']],
    ['a client', servicesToken, []],
    ['a client that was registered with roles', { sub: 'operator', client_id: 'operator' }, ['admin']],
  ])('has the roles of today when it is %s', async (_who, token, roles) => {
    expect(await rolesOf(token, world)).toEqual(roles);
  });

  it.each<[deviation: string, token: object, change: Partial<World>]>([
    ['the account is disabled', personsToken, { accounts: [] }],
    ['the grant has ended', personsToken, { grants: {} }],
    ['the grant is that of someone else', { ...personsToken, grant_id: 'grant-2' }, {}],
    ['the client is gone', personsToken, { clients: { service: {} } }],
    ['the token of a person names no grant', { sub: PERSON, client_id: 'web' }, {}],
    ['an event ended it, and its client is enabled again', servicesToken, { ended: ['service'] }],
    ['the client that is the subject is gone', servicesToken, { clients: { web: {} } }],
  ])('is nobody when %s', async (_deviation, token, change) => {
    expect(await rolesOf(token, { ...world, ...change })).toBeUndefined();
  });
});
