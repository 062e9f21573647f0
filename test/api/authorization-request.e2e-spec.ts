import { describe, expect, it } from '@jest/globals';
import { DemoWebClient, PASSWORD, REDIRECT_URI } from '../support/demo-web-client.ts';
import { api, issuer } from '../support/running-stack.ts';
import { UserAgent } from '../support/user-agent.ts';

const CUSTOMER = 'customer@example.com';

const web = new DemoWebClient(issuer);

describe('an authorization request', () => {
  it.each<[deviation: string, changes: Record<string, string | undefined>, error: string]>([
    [
      'without a code challenge (BCP-04)',
      { code_challenge: undefined, code_challenge_method: undefined },
      'invalid_request',
    ],
    ['with the challenge method plain (BCP-04)', { code_challenge_method: 'plain' }, 'invalid_request'],
    [
      'without a challenge method, which means plain (BCP-04)',
      { code_challenge_method: undefined },
      'invalid_request',
    ],
    ['with a challenge that is too short (BCP-04)', { code_challenge: 'abc' }, 'invalid_request'],
    ['for response_type token (BCP-06)', { response_type: 'token' }, 'unsupported_response_type'],
    [
      'for response_type id_token token (BCP-06)',
      { response_type: 'id_token token', nonce: 'n' },
      'unsupported_response_type',
    ],
    [
      'for response_type code id_token (BCP-06)',
      { response_type: 'code id_token', nonce: 'n' },
      'unsupported_response_type',
    ],
    ['without a response_type', { response_type: undefined }, 'invalid_request'],
    ['for an unknown resource (ATJ-06)', { resource: 'https://other.example' }, 'invalid_target'],
    ['with a request object', { request: 'e30.e30.' }, 'request_not_supported'],
    ['that may show no page, when there is no session', { prompt: 'none' }, 'login_required'],
  ])(
    '%s is answered with an error, the state and the issuer (BCP-16)',
    async (_deviation, changes, error) => {
      const { url, status } = await new UserAgent(issuer).open(web.authorizationUrl(changes));
      expect([status, `${url.origin}${url.pathname}`]).toEqual([303, REDIRECT_URI]);
      const parameters = new URLSearchParams(url.search || url.hash.slice(1));
      expect(Object.fromEntries(parameters)).toMatchObject({
        error,
        state: 'state-of-the-client',
        iss: issuer,
      });
      expect(parameters.has('code')).toBe(false);
    },
  );

  it.each(['/authorize', '/logout'])(
    'may not come as a form of any site: POST %s (ADR 0008)',
    async (path) => {
      const { searchParams: body } = web.authorizationUrl();
      const { status } = await fetch(`${issuer}${path}`, { method: 'POST', body, redirect: 'manual' });
      expect(status).toBe(404);
    },
  );

  it('that a person does not allow is answered access_denied, without a code (BCP-16)', async () => {
    const agent = new UserAgent(issuer);
    const loginPage = await agent.open(web.authorizationUrl());
    const consentPage = await agent.submit(loginPage, '/login', { email: CUSTOMER, password: PASSWORD });
    const { url } = await agent.submit(consentPage, '/abort');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ error: 'access_denied', iss: issuer });
    expect(url.searchParams.has('code')).toBe(false);
  });

  it('of a native application gets its answer at whatever loopback port it says (BCP-01)', async () => {
    const { url } = await web.authorize(CUSTOMER, { redirect_uri: 'http://127.0.0.1:1/callback' });
    expect(url.origin).toBe('http://127.0.0.1:1');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      code: expect.any(String),
      state: 'state-of-the-client',
      iss: issuer,
    });
  });

  const registered = `${api}/console/callback`;
  it.each<[deviation: string, redirectUri: string | undefined]>([
    ['left out', undefined],
    ['empty', ''],
    ['at another host', 'https://evil.example/callback'],
    ['that begins like a registered one', `${registered}.evil.example`],
    ['with a path that goes on', 'http://127.0.0.1:53682/callback/x'],
    ['with a slash at its end', `${registered}/`],
    ['with a path that leads back', 'http://127.0.0.1:53682/x/../callback'],
    ['with a path in capitals', 'http://127.0.0.1:53682/CALLBACK'],
    ['with a query', 'http://127.0.0.1:53682/callback?next=https://evil.example'],
    ['with a fragment', 'http://127.0.0.1:53682/callback#x'],
    ['with user information', 'http://user@127.0.0.1:53682/callback'],
    ['with a host hidden behind user information', 'http://127.0.0.1:53682@evil.example/callback'],
    ['with https for http', 'https://127.0.0.1:53682/callback'],
    ['with the name localhost for the loopback address', 'http://localhost:53682/callback'],
    ['with another port of a host that is no loopback address', 'http://localhost:1/console/callback'],
    ['with a port that is none', 'http://127.0.0.1:99999/callback'],
    ['with a scheme that runs code', 'javascript:alert(1)'],
  ])(
    'with a redirect URI %s gets a page, and no redirect (BCP-01, BCP-02)',
    async (_deviation, redirectUri) => {
      const answer = await new UserAgent(issuer).open(web.authorizationUrl({ redirect_uri: redirectUri }));
      expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
      expect(answer.text).toContain('role="alert"');
      expect(answer.text).not.toContain('evil.example');
    },
  );

  it('of an unknown client gets a page, and no redirect (BCP-02)', async () => {
    const answer = await new UserAgent(issuer).open(web.authorizationUrl({ client_id: 'nobody' }));
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
  });
});
