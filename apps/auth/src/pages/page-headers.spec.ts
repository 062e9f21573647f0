import { describe, expect, it } from '@jest/globals';
import { contentSecurityPolicy, formActionSources } from './page-headers.js';

describe("a page's content security policy", () => {
  const policy = contentSecurityPolicy({ scripts: 'none', formAction: ["'self'"] });

  it('allows no frame around the page (RFC 9700 §4.16) and no script', () => {
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("script-src 'none'");
  });

  it('allows no inline code', () => {
    expect(policy).not.toContain('unsafe');
  });
});

describe('the targets of a form', () => {
  it.each<[redirectUri: unknown, source: string[]]>([
    ['https://app.example:8443/callback?x', ["'self'", 'https://app.example:8443']],
    ['com.example.app:/callback', ["'self'", 'com.example.app:']],
    ['https://a.example; script-src *', ["'self'"]],
    [undefined, ["'self'"]],
  ])('of a client with the redirect URI %s', (redirectUri, sources) => {
    expect(formActionSources(redirectUri)).toEqual(sources);
  });
});
