import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthReplica } from '../support/auth-replica.ts';
import { ChangingSettings } from '../support/changing-settings.ts';
import { TestStack } from '../support/test-stack.ts';

const PATIENCE_MS = 120_000;
/** The max-age of after the restart, and the time until every replica serves a changed JWKS. */
const OLD_ENOUGH_MS = 4_000;

describe('an issuer that is restarted with a shorter max-age of its JWKS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
  const settings = new ChangingSettings(folder);
  let stack: TestStack;
  let issuer: AuthReplica;

  beforeAll(async () => {
    const environment = settings.set({ JWKS_MAX_AGE_SECONDS: '60', KEY_ANNOUNCEMENT_SECONDS: '100' });
    stack = await TestStack.prepare({ appEnvironment: { auth: environment } });
    await stack.start(['auth']);
    issuer = new AuthReplica(stack.issuer, stack.issuer);
  }, PATIENCE_MS);

  afterAll(async () => {
    await stack.dispose();
    rmSync(folder, { recursive: true });
  });

  it(
    'lets no key sign that an answer of before, in a cache, does not have (JWK-07)',
    async () => {
      await stack.stack.stopApp('auth');
      settings.set({ JWKS_MAX_AGE_SECONDS: '2' });
      await stack.start(['auth']);
      const { headers } = await fetch(`${stack.issuer}/.well-known/jwks.json`);
      expect(headers.get('cache-control')).toBe('public, max-age=2');

      const { changes } = await issuer.change('announce', { alg: 'ES256' });
      await delay(OLD_ENOUGH_MS);
      await expect(issuer.change('rotate', { alg: 'ES256' })).rejects.toThrow('key_too_young');
      const { data } = await issuer.keys();
      expect(data.find(({ state }) => state === 'announced')?.kid).toBe(changes[0]?.kid);
    },
    PATIENCE_MS,
  );
});
