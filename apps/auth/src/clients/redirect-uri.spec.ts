import { describe, expect, it } from '@jest/globals';
import { isLoopbackRedirectUri, isRedirectUriAllowed, isRegistrableRedirectUri } from './redirect-uri.js';

describe('a registered redirect URI', () => {
  const registered = [
    'https://app.example/callback',
    'http://localhost:3000/callback',
    'http://127.0.0.1/callback',
  ];

  it.each([...registered, 'http://127.0.0.1:1/callback', 'http://127.0.0.1:65535/callback'])(
    'allows %s',
    (uri) => {
      expect(isRedirectUriAllowed(registered, uri)).toBe(true);
    },
  );

  it.each([
    ['a slash at its end', 'https://app.example/callback/'],
    ['a query', 'https://app.example/callback?next=x'],
    ['a fragment', 'https://app.example/callback#x'],
    ['a port, of a host that is not a loopback address', 'https://app.example:444/callback'],
    ['another port of localhost, which is a name', 'http://localhost:3001/callback'],
    ['upper case', 'HTTP://127.0.0.1:4000/callback'],
    ['a path that normalises to the registered one', 'http://127.0.0.1:4000/x/../callback'],
    ['another path', 'http://127.0.0.1:4000/other'],
    ['no path', 'http://127.0.0.1:4000'],
    ['a user name that looks like the host', 'http://127.0.0.1:4000@evil.example/callback'],
    ['a host that begins like it', 'http://127.0.0.1.evil.example/callback'],
    ['another spelling of the address', 'http://127.1:4000/callback'],
    ['https', 'https://127.0.0.1:4000/callback'],
    ['a port out of range', 'http://127.0.0.1:65536/callback'],
    ['a port that is not a number', 'http://127.0.0.1:4e3/callback'],
  ])('does not allow it with %s (RFC 9700 §4.1.3)', (_deviation, uri) => {
    expect(isRedirectUriAllowed(registered, uri)).toBe(false);
  });

  it('allows a port only where none was registered (RFC 8252 §7.3)', () => {
    expect(isRedirectUriAllowed(['http://127.0.0.1:4000/callback'], 'http://127.0.0.1:4001/callback')).toBe(
      false,
    );
    expect(isRedirectUriAllowed(['http://[::1]/callback'], 'http://[::1]:4001/callback')).toBe(true);
  });
});

describe('a redirect URI', () => {
  it.each([
    'https://app.example/callback',
    'http://localhost:3000/x',
    'http://127.0.0.1/x',
    'http://[::1]/x',
  ])('may be registered: %s', (uri) => {
    expect(isRegistrableRedirectUri(uri)).toBe(true);
  });

  it.each([
    ['plain http to elsewhere (RFC 9700 §2.6)', 'http://app.example/callback'],
    ['a fragment (RFC 6749 §3.1.2)', 'https://app.example/callback#'],
    ['a user name', 'https://someone@app.example/callback'],
    ['a scheme that runs code', 'javascript:alert(1)'],
    ['no scheme', '/callback'],
    ['a pattern', 'https://app.example/*'],
    ['a pattern for its host', 'https://*.app.example/callback'],
    ['a host in upper case', 'https://APP.example/callback'],
    ['a path that normalises to another', 'https://app.example/a/../callback'],
    ['a line end', 'https://app.example/call\nback'],
    ['a backslash', 'https://app.example\\@evil.example/'],
  ])('may not be registered with %s', (_deviation, uri) => {
    expect(isRegistrableRedirectUri(uri)).toBe(false);
  });

  it('leads to a port that any program may hold when its host is a loopback address', () => {
    expect(isLoopbackRedirectUri('http://127.0.0.1:4000/callback')).toBe(true);
    expect(isLoopbackRedirectUri('http://[::1]/callback')).toBe(true);
    expect(isLoopbackRedirectUri('http://localhost:3000/callback')).toBe(false);
  });
});
