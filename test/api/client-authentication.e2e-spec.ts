import { beforeAll, describe, expect, it } from '@jest/globals';
import { generateKeyPair } from 'jose';
import { BACKEND_ID, DemoBackend, type AssertionChanges } from '../support/demo-backend.ts';
import { issuer } from '../support/running-stack.ts';
import { basic, tokenRequest } from '../support/token-endpoint.ts';

const refused = { status: 401, body: { error: 'invalid_client' } };
const now = Math.floor(Date.now() / 1_000);
const { privateKey: anotherKey } = await generateKeyPair('ES256');

let backend: DemoBackend;
beforeAll(async () => {
  backend = await DemoBackend.load(issuer);
});

describe('a client assertion (private_key_jwt)', () => {
  it('authenticates a client of which the issuer knows no secret (BCP-13)', async () => {
    expect(await backend.token()).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });
  });

  it.each<[deviation: string, changes: AssertionChanges]>([
    ['for the token endpoint (BCP-24)', { claims: { aud: `${issuer}/token` } }],
    ['for the issuer with a slash at its end (BCP-24)', { claims: { aud: `${issuer}/` } }],
    ['for a list of the issuer alone (BCP-24)', { claims: { aud: [issuer] } }],
    ['for the issuer and another server (BCP-24)', { claims: { aud: [issuer, 'https://other.example'] } }],
    ['for nobody (BCP-24)', { claims: { aud: undefined } }],
    ['of another issuer (CLI-03)', { claims: { iss: 'demo-service' } }],
    ['about nobody (CLI-03)', { claims: { sub: undefined } }],
    ['without jti (CLI-03)', { claims: { jti: undefined } }],
    ['without exp (CLI-03)', { claims: { exp: undefined } }],
    ['that has expired (CLI-03)', { claims: { exp: now - 60 } }],
    ['that lives for five minutes (CLI-03)', { claims: { exp: now + 300 } }],
    ['that is not valid yet (CLI-03)', { claims: { nbf: now + 60 } }],
    ['of another type: an access token (CLI-03)', { header: { typ: 'at+jwt' } }],
    ['of another type: a DPoP proof (CLI-03)', { header: { typ: 'dpop+jwt' } }],
    ['signed by another key (CLI-03)', { key: anotherKey }],
  ])('is refused %s', async (_deviation, changes) => {
    expect(await backend.token(changes)).toMatchObject(refused);
  });

  it.each<[named: string, named_id: string | undefined, answer: object]>([
    ['named besides', BACKEND_ID, { status: 400, body: { error: 'invalid_request' } }],
    ['not named', undefined, refused],
  ])('is refused about another client, its own %s (CLI-03)', async (_named, client_id, answer) => {
    const assertion = await backend.authentication({ claims: { sub: 'demo-service' } });
    const parameters = { grant_type: 'client_credentials', ...assertion, client_id };
    expect(await tokenRequest(issuer, parameters)).toMatchObject(answer);
  });

  it.each(['JWT', 'client-authentication+jwt'])('may say that its type is %s', async (typ) => {
    expect((await backend.token({ header: { typ } })).status).toBe(200);
  });

  it('is good for one use (CLI-03)', async () => {
    const parameters = { grant_type: 'client_credentials', ...(await backend.authentication()) };
    expect((await tokenRequest(issuer, parameters)).status).toBe(200);
    expect(await tokenRequest(issuer, parameters)).toMatchObject(refused);
  });

  it('that is used 20 times at once authenticates one of them (CLI-03)', async () => {
    const parameters = { grant_type: 'client_credentials', ...(await backend.authentication()) };
    const answers = await Promise.all(Array.from({ length: 20 }, () => tokenRequest(issuer, parameters)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
  });
});

describe('client authentication', () => {
  const SERVICE = ['demo-service', 'demo-service-secret'] as const;
  const parameters = { grant_type: 'client_credentials', scope: 'orders:read' };

  it.each<[way: string, more: () => Promise<Record<string, string>>, headers: Record<string, string>]>([
    [
      'a secret in the header and in the body',
      async () => ({ client_secret: SERVICE[1] }),
      basic(...SERVICE),
    ],
    ['a secret in the header and an assertion', () => backend.authentication(), basic(...SERVICE)],
    [
      'a secret in the body and an assertion',
      async () => ({ client_secret: SERVICE[1], ...(await backend.authentication()) }),
      {},
    ],
  ])('by %s is refused: one way a request (CLI-02)', async (_way, more, headers) => {
    const answer = await tokenRequest(issuer, { ...parameters, ...(await more()) }, headers);
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it('by a secret does not help a client that has a key', async () => {
    expect(await tokenRequest(issuer, parameters, basic(BACKEND_ID, 'a guess'))).toMatchObject(refused);
  });

  it('by an id alone does not help a client that has a key', async () => {
    expect(await tokenRequest(issuer, { ...parameters, client_id: BACKEND_ID })).toMatchObject(refused);
  });

  it('takes id and secret form-urlencoded in the header (CLI-01)', async () => {
    const encoded = basic('demo%2Dservice', 'demo%2Dservice%2Dsecret');
    expect((await tokenRequest(issuer, parameters, encoded)).status).toBe(200);
  });
});
