import { describe, expect, it } from '@jest/globals';
import { bearerToken } from './bearer-token.js';

function requestWith(...authorization: string[]): Parameters<typeof bearerToken>[0] {
  return { headers: {}, rawHeaders: authorization.flatMap((value) => ['Authorization', value]) };
}

describe('bearerToken', () => {
  it.each(['Bearer abc', 'bearer abc', 'BEARER abc', 'bEaReR abc', 'Bearer   abc'])(
    'takes the token of %j (BEA-06)',
    (authorization) => {
      expect(bearerToken(requestWith(authorization))).toBe('abc');
    },
  );

  it('finds the header in the raw request behind a framework', () => {
    expect(bearerToken({ headers: {}, raw: { rawHeaders: ['authorization', 'Bearer abc'] } })).toBe('abc');
  });

  it.each([
    ['no header', []],
    ['an empty header', ['']],
    ['another scheme', ['Basic YTpi']],
    ['a scheme that begins like it', ['Bearerish abc']],
    ['another scheme that names it', ['DPoP Bearer']],
  ])('finds no credentials in %s (BEA-01)', (_title, authorization) => {
    expect(() => bearerToken(requestWith(...authorization))).toThrow(
      expect.objectContaining({ code: 'credentials_missing', status: 401, oauthError: undefined }),
    );
  });

  it.each([
    ['two headers (BEA-04)', ['Bearer abc', 'Bearer def']],
    ['the same header twice (BEA-04)', ['Bearer abc', 'Bearer abc']],
    ['a header with another scheme beside it (BEA-04)', ['Bearer abc', 'Basic YTpi']],
    ['the scheme alone', ['Bearer']],
    ['the scheme and a space', ['Bearer ']],
    ['a tab for the space (BEA-06)', ['Bearer\tabc']],
    ['two tokens (BEA-06)', ['Bearer abc def']],
    ['a list (BEA-06)', ['Bearer abc, Bearer def']],
    ['quotes (BEA-06)', ['Bearer "abc"']],
    ['a space behind (BEA-06)', ['Bearer abc ']],
    ['a parameter (BEA-06)', ['Bearer token="abc"']],
  ])('calls %s malformed', (_title, authorization) => {
    expect(() => bearerToken(requestWith(...authorization))).toThrow(
      expect.objectContaining({ code: 'credentials_malformed', status: 400, oauthError: 'invalid_request' }),
    );
  });

  it('calls a token in the body beside the header malformed (BEA-04)', () => {
    expect(() => bearerToken({ ...requestWith('Bearer abc'), body: { access_token: 'def' } })).toThrow(
      expect.objectContaining({ code: 'credentials_malformed' }),
    );
  });
});
