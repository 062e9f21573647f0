import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { setTimeout as delay } from 'node:timers/promises';
import { DemoBackend } from '../support/demo-backend.ts';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { issuer } from '../support/running-stack.ts';
import { tokens, type Tokens } from '../support/token-endpoint.ts';

const refused = { status: 400, body: { error: 'invalid_grant' } };
/** The grace of a used token, and a little more. */
const GRACE_MS = 5_200;

const web = new DemoWebClient(issuer);

describe('a refresh token', () => {
  let login: Tokens;
  beforeAll(async () => {
    login = await web.logIn('customer@example.com');
  });

  it('gives an access token of the same login: same subject, scope, roles and auth_time (ATJ-05)', async () => {
    await delay(1_100); // a second in which a new auth_time would show
    const answer = await web.refresh(login.refresh_token);
    const before = decodeJwt(login.access_token);
    const after = decodeJwt(tokens.parse(answer.body).access_token);
    const { sub, scope, roles, auth_time } = before;
    expect(after).toMatchObject({ sub, scope, roles, auth_time });
    expect(after.jti).not.toBe(before.jti);
    expect(after.iat).toBeGreaterThan(before.iat ?? 0);
    login = tokens.parse(answer.body);
  });

  it.each<[deviation: string, changes: Record<string, string | undefined>, error: string]>([
    ['for a scope that was not granted (BCP-10)', { scope: 'orders:read admin:all' }, 'invalid_scope'],
    ['by a client that does not say who it is', { client_id: undefined }, 'invalid_request'],
    [
      'by a client that may not refresh',
      { client_id: 'demo-service', client_secret: 'demo-service-secret' },
      'unauthorized_client',
    ],
  ])('is refused %s, and is still good', async (_deviation, changes, error) => {
    const { body } = await web.refresh(login.refresh_token, changes);
    expect(body).toMatchObject({ error });
    login = tokens.parse((await web.refresh(login.refresh_token)).body);
  });

  it('is refused for a scope that its client may have, and this login was not given (BCP-10)', async () => {
    const { refresh_token } = await web.logIn('customer@example.com', { scope: 'openid orders:read' });
    const { status, body } = await web.refresh(refresh_token, { scope: 'orders:read payments:read' });
    expect([status, body]).toMatchObject([400, { error: 'invalid_scope' }]);
  });

  it('can ask for less than was granted, and gets only that', async () => {
    const { body } = await web.refresh(login.refresh_token, { scope: 'orders:read' });
    login = tokens.parse(body);
    expect(decodeJwt(login.access_token)['scope']).toBe('orders:read');
  });

  it('that comes again a moment later is answered with the same successor (BCP-09)', async () => {
    const { refresh_token: used } = await web.logIn('customer@example.com');
    const [first, second] = [await web.refresh(used), await web.refresh(used)].map(({ body }) =>
      tokens.parse(body),
    );
    expect(second?.refresh_token).toBe(first?.refresh_token);
    expect(second?.access_token).not.toBe(first?.access_token);
    expect((await web.refresh(first?.refresh_token ?? '')).status).toBe(200);
  });

  it('that comes again after its successor was used ends the family: the newest token too (BCP-09)', async () => {
    const { refresh_token: used } = await web.logIn('customer@example.com');
    const { refresh_token: successor } = tokens.parse((await web.refresh(used)).body);
    const { refresh_token: newest } = tokens.parse((await web.refresh(successor)).body);
    expect(await web.refresh(used)).toMatchObject(refused);
    expect(await web.refresh(newest)).toMatchObject(refused);
  });

  it('that comes again after the grace ends the family (BCP-09)', async () => {
    const { refresh_token: used } = await web.logIn('customer@example.com');
    const { refresh_token: successor } = tokens.parse((await web.refresh(used)).body);
    await delay(GRACE_MS);
    expect(await web.refresh(used)).toMatchObject(refused);
    expect(await web.refresh(successor)).toMatchObject(refused);
  });

  it('that another client presents has leaked, and ends the family (BCP-09)', async () => {
    const { refresh_token: leaked } = await web.logIn('customer@example.com');
    const backend = await DemoBackend.load(issuer);
    expect(await web.refresh(leaked, await backend.authentication())).toMatchObject(refused);
    expect(await web.refresh(leaked)).toMatchObject(refused);
  });

  it('is not given another resource than the one that was granted, and is good for another try (BCP-10)', async () => {
    const { refresh_token: refreshToken } = await web.logIn('customer@example.com');
    const { status, body } = await web.refresh(refreshToken, { resource: 'https://other.example' });
    expect([status, body]).toMatchObject([400, { error: 'invalid_target' }]);
    expect((await web.refresh(refreshToken)).status).toBe(200);
  });

  it('that is used 20 times at once has one successor, whoever asks, 50 times over (BCP-09)', async () => {
    let refreshToken = (await web.logIn('customer@example.com')).refresh_token;
    for (let round = 0; round < 50; round++) {
      const used = refreshToken;
      const answers = await Promise.all(Array.from({ length: 20 }, () => web.refresh(used)));
      const successors = new Set(answers.map(({ body }) => tokens.parse(body).refresh_token));
      expect(successors.size).toBe(1);
      [refreshToken = ''] = successors;
      expect(refreshToken).not.toBe(used);
    }
    expect((await web.refresh(refreshToken)).status).toBe(200);
  }, 120_000);

  it('that its client revokes is refused from then on (RFC 7009)', async () => {
    const { refresh_token: refreshToken } = await web.logIn('customer@example.com');
    const body = new URLSearchParams({ client_id: 'demo-web', token: refreshToken });
    expect((await fetch(`${issuer}/revoke`, { method: 'POST', body })).status).toBe(200);
    expect(await web.refresh(refreshToken)).toMatchObject(refused);
  });
});
