import { describe, expect, it } from '@jest/globals';
import { headerValues, presentedCredentials, schemeOf, type CredentialsRequest } from './credentials.js';

function requestWith(...authorization: string[]): CredentialsRequest {
  return { headers: {}, rawHeaders: authorization.flatMap((value) => ['Authorization', value]) };
}

function credentialsOf(request: CredentialsRequest): ReturnType<typeof presentedCredentials> {
  return presentedCredentials(request, ['Bearer', 'DPoP']);
}

describe('presentedCredentials', () => {
  it.each(['Bearer abc', 'bearer abc', 'BEARER abc', 'bEaReR abc', 'Bearer   abc'])(
    'takes the token of %j (BEA-06)',
    (authorization) => {
      expect(credentialsOf(requestWith(authorization))).toEqual({ scheme: 'Bearer', token: 'abc' });
    },
  );

  it.each(['DPoP abc', 'dpop abc', 'DPOP abc', 'DPoP  abc'])('takes the token of %j', (authorization) => {
    expect(credentialsOf(requestWith(authorization))).toEqual({ scheme: 'DPoP', token: 'abc' });
  });

  it('knows a scheme only where it is taken', () => {
    expect(() => presentedCredentials(requestWith('DPoP abc'), ['Bearer'])).toThrow(
      expect.objectContaining({ code: 'credentials_missing', status: 401, oauthError: undefined }),
    );
  });

  it('finds the header in the raw request behind a framework', () => {
    const raw = { rawHeaders: ['authorization', 'Bearer abc'] };
    expect(credentialsOf({ headers: {}, raw })).toMatchObject({ token: 'abc' });
  });

  it.each([
    ['no header', []],
    ['an empty header', ['']],
    ['another scheme', ['Basic YTpi']],
    ['a scheme that begins like it', ['Bearerish abc']],
    ['another scheme that begins like it', ['DPoPX abc']],
    ['another scheme that names it', ['Basic Bearer']],
  ])('finds no credentials in %s (BEA-01)', (_title, authorization) => {
    expect(() => credentialsOf(requestWith(...authorization))).toThrow(
      expect.objectContaining({ code: 'credentials_missing', status: 401, oauthError: undefined }),
    );
  });

  it.each([
    ['two headers (BEA-04)', ['Bearer abc', 'Bearer def']],
    ['the same header twice (BEA-04)', ['Bearer abc', 'Bearer abc']],
    ['a header with another scheme beside it (BEA-04)', ['Bearer abc', 'Basic YTpi']],
    ['a header of each scheme (BEA-04)', ['Bearer abc', 'DPoP abc']],
    ['both schemes in one (BEA-06)', ['DPoP Bearer abc']],
    ['the scheme alone', ['Bearer']],
    ['the other scheme alone', ['DPoP']],
    ['the scheme and a space', ['Bearer ']],
    ['a tab for the space (BEA-06)', ['Bearer\tabc']],
    ['two tokens (BEA-06)', ['Bearer abc def']],
    ['a list (BEA-06)', ['Bearer abc, Bearer def']],
    ['quotes (BEA-06)', ['Bearer "abc"']],
    ['a space behind (BEA-06)', ['Bearer abc ']],
    ['a parameter (BEA-06)', ['Bearer token="abc"']],
  ])('calls %s malformed', (_title, authorization) => {
    expect(() => credentialsOf(requestWith(...authorization))).toThrow(
      expect.objectContaining({ code: 'credentials_malformed', status: 400, oauthError: 'invalid_request' }),
    );
  });

  it('calls a token in the body beside the header malformed (BEA-04)', () => {
    expect(() => credentialsOf({ ...requestWith('Bearer abc'), body: { access_token: 'def' } })).toThrow(
      expect.objectContaining({ code: 'credentials_malformed' }),
    );
  });
});

describe('schemeOf', () => {
  it.each([
    ['bearer x', 'Bearer'],
    ['DPOP x', 'DPoP'],
    ['Basic x', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s is %s', (authorization, scheme) => expect(schemeOf(authorization)).toBe(scheme));
});

describe('headerValues', () => {
  it('finds every header of a name, however it is spelled', () => {
    const rawHeaders = ['DPoP', 'a', 'X', 'b', 'dpop', 'c'];
    expect(headerValues({ headers: { dpop: 'a, c' }, rawHeaders }, 'dpop')).toEqual(['a', 'c']);
  });
});
