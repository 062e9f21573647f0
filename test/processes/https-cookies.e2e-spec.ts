import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PASSWORD } from '../support/demo-web-client.ts';
import { TestStack } from '../support/test-stack.ts';

describe('an issuer behind a proxy that speaks TLS', () => {
  let stack: TestStack;
  let origin: string;

  beforeAll(async () => {
    stack = await TestStack.prepare({ environment: { ISSUER: 'https://auth.example' } });
    await stack.start(['auth']);
    origin = `http://127.0.0.1:${stack.ports.auth.main}`;
  });

  afterAll(async () => {
    await stack.dispose();
  });

  it('sets cookies that are for this host alone, and for TLS (ASVS 3.3.1, 3.3.3)', async () => {
    const login = await fetch(`${origin}/account/login`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ email: 'customer@example.com', password: PASSWORD }),
    });
    const cookies = login.headers.getSetCookie();
    expect(cookies.map((cookie) => cookie.split('=')[0]).toSorted()).toEqual([
      '__Host-countersign-device-' + (cookies.join().match(/device-([\w-]{8})/)?.[1] ?? ''),
      '__Host-countersign-session',
      '__Host-countersign-session.sig',
    ]);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/; path=\/(?:;|$)/i);
      expect(cookie).toMatch(/(?=.*; secure)(?=.*; httponly)(?=.*; samesite=lax)/i);
      expect(cookie).not.toMatch(/; domain=/i);
    }
  });
});
