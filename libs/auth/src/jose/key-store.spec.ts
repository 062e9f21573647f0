import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { forgeKey } from '../testing/forged-key.js';
import { KeyStore } from './key-store.js';
import { importVerificationKey } from './verification-key.js';

const key = forgeKey('ES256');
const next = forgeKey('ES256');
const other = forgeKey('ES256');

describe('KeyStore', () => {
  let now: number;
  let published: readonly unknown[];
  let warnings: string[];
  const fetchKeys = jest.fn<() => Promise<readonly unknown[]>>();
  let store: KeyStore;

  beforeEach(() => {
    now = 1_000_000;
    published = [key.publicJwk];
    warnings = [];
    fetchKeys.mockReset().mockImplementation(async () => published);
    store = new KeyStore({
      fetchKeys,
      importKey: importVerificationKey,
      refreshAfterMs: 60_000,
      maxStaleMs: 600_000,
      unknownKidCooldownMs: 30_000,
      retryAfterMs: 1_000,
      onWarning: (message) => warnings.push(message),
      now: () => now,
    });
  });

  it('gives up a revoked key at once, and never takes it up again from a set that still has it (JWK-08)', async () => {
    published = [key.publicJwk, next.publicJwk];
    await store.find(key.kid);
    store.revoke(key.kid);
    await expect(store.find(key.kid)).rejects.toMatchObject({ code: 'token_revoked', status: 401 });
    await store.reload();
    await expect(store.find(key.kid)).rejects.toMatchObject({ code: 'token_revoked' });
    await expect(store.find(next.kid)).resolves.toMatchObject({ kid: next.kid });
  });

  it('finds the successor of a revoked key, made after the event was heard, however new its set is', async () => {
    published = [key.publicJwk, other.publicJwk];
    await store.find(key.kid);
    store.revoke(key.kid);
    await store.reload();
    published = [other.publicJwk, next.publicJwk];
    await expect(store.find(next.kid)).resolves.toMatchObject({ kid: next.kid });
    expect(fetchKeys).toHaveBeenCalledTimes(3);
  });

  it('goes back to the cool-down for unknown kids when the successor had its time', async () => {
    published = [key.publicJwk, other.publicJwk];
    await store.find(key.kid);
    store.revoke(key.kid);
    now += 10_000;
    await store.reload();
    store.revoke(key.kid); // told again
    await expect(store.find('unknown')).rejects.toMatchObject({ code: 'key_unknown' });
    expect(fetchKeys).toHaveBeenCalledTimes(2);
  });

  it('fetches the set when it is told to, however new it is', async () => {
    await store.find(key.kid);
    published = [next.publicJwk];
    await store.reload();
    await expect(store.find(next.kid)).resolves.toMatchObject({ kid: next.kid });
    expect(fetchKeys).toHaveBeenCalledTimes(2);
  });

  it('fetches the set once for any number of requests', async () => {
    await Promise.all(Array.from({ length: 50 }, () => store.find(key.kid)));
    await store.find(key.kid);
    expect(fetchKeys).toHaveBeenCalledTimes(1);
  });

  it('refreshes an ageing set in the background, without a request waiting for it', async () => {
    await store.find(key.kid);
    now += 60_001;
    fetchKeys.mockImplementation(() => new Promise(() => undefined)); // hangs
    await expect(store.find(key.kid)).resolves.toMatchObject({ kid: key.kid });
    expect(fetchKeys).toHaveBeenCalledTimes(2);
  });

  it('takes up a key that the issuer has announced', async () => {
    await store.find(key.kid);
    published = [key.publicJwk, next.publicJwk];
    now += 60_001;
    await store.find(key.kid);
    await Promise.resolve();
    await expect(store.find(next.kid)).resolves.toMatchObject({ kid: next.kid });
    expect(fetchKeys).toHaveBeenCalledTimes(2);
  });

  it('drops a key that the issuer has taken out of the set', async () => {
    await store.find(key.kid);
    published = [next.publicJwk];
    now += 60_001;
    await store.find(key.kid);
    await new Promise(setImmediate);
    await expect(store.find(key.kid)).rejects.toMatchObject({ code: 'key_unknown' });
  });

  it('fetches at most once in a cool-down for unknown kids, however many arrive (F05)', async () => {
    await store.find(key.kid);
    now += 30_000;
    const flood = Array.from({ length: 200 }, (_, index) =>
      store.find(`unknown-${index}`).catch((error: unknown) => error),
    );
    for (const error of await Promise.all(flood))
      expect(error).toMatchObject({ code: 'key_unknown', status: 401 });
    expect(fetchKeys).toHaveBeenCalledTimes(2);
    now += 29_999;
    await expect(store.find('unknown')).rejects.toMatchObject({ code: 'key_unknown' });
    expect(fetchKeys).toHaveBeenCalledTimes(2);
  });

  it('finds a key that was published after the last fetch, once the cool-down is over', async () => {
    await store.find(key.kid);
    published = [next.publicJwk];
    now += 30_000;
    await expect(store.find(next.kid)).resolves.toMatchObject({ kid: next.kid });
  });

  it('does not blame a token for a kid that it cannot look up, and looks again soon (BEA-10)', async () => {
    await store.find(key.kid);
    now += 30_000;
    fetchKeys.mockRejectedValue(new Error('connection refused'));
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(store.find(next.kid)).rejects.toMatchObject({ code: 'keys_unavailable', status: 503 });
    }
    expect(fetchKeys).toHaveBeenCalledTimes(2);
    fetchKeys.mockResolvedValue([next.publicJwk]);
    now += 1_000;
    await expect(store.find(next.kid)).resolves.toMatchObject({ kid: next.kid });
    await expect(store.find('unknown')).rejects.toMatchObject({ code: 'key_unknown', status: 401 });
  });

  it('lets no flood of unknown kids keep it from the scheduled refresh', async () => {
    await store.find(key.kid);
    now += 30_000;
    await store.find('unknown').catch(() => undefined);
    now += 60_001;
    await store.find(key.kid);
    expect(fetchKeys).toHaveBeenCalledTimes(3);
  });

  it('goes on serving its keys while the issuer is down, and says so (F01, F02)', async () => {
    await store.find(key.kid);
    fetchKeys.mockRejectedValue(new TypeError('fetch failed', { cause: new Error('connection refused') }));
    now += 599_999;
    await expect(store.find(key.kid)).resolves.toMatchObject({ kid: key.kid });
    await new Promise(setImmediate);
    expect(warnings).toEqual(['serving keys that are 600 s old: fetch failed (connection refused)']);
  });

  it('stops serving keys that are too old to be trusted, with 503 and not 401', async () => {
    await store.find(key.kid);
    fetchKeys.mockRejectedValue(new Error('connection refused'));
    now += 600_000;
    await expect(store.find(key.kid)).rejects.toMatchObject({ code: 'keys_unavailable', status: 503 });
  });

  it('answers 503 before the first set is there, and tries again after a pause (BEA-10, F03)', async () => {
    fetchKeys.mockRejectedValueOnce(new Error('connection refused'));
    await expect(store.find(key.kid)).rejects.toMatchObject({ code: 'keys_unavailable', status: 503 });
    await expect(store.find(key.kid)).rejects.toMatchObject({ code: 'keys_unavailable' });
    expect(fetchKeys).toHaveBeenCalledTimes(1);
    now += 1_000;
    await expect(store.find(key.kid)).resolves.toMatchObject({ kid: key.kid });
  });

  it('is not taken down by one bad key (JWK-02)', async () => {
    published = [
      null,
      'text',
      {},
      { kty: 'RSA', kid: 'x' },
      { kty: 'oct', kid: 'o', k: 'AAAA' },
      key.publicJwk,
    ];
    await expect(store.find(key.kid)).resolves.toMatchObject({ kid: key.kid });
    expect(warnings).toHaveLength(5);
  });

  it('uses neither of two keys with one kid (JWK-04)', async () => {
    published = [
      key.publicJwk,
      { ...next.publicJwk, kid: 'twin' },
      { ...forgeKey('ES256').publicJwk, kid: 'twin' },
    ];
    await expect(store.find('twin')).rejects.toMatchObject({ code: 'key_unknown' });
    await expect(store.find(key.kid)).resolves.toMatchObject({ kid: key.kid });
  });

  it('keeps its keys when the issuer answers a set without a usable one', async () => {
    await store.find(key.kid);
    published = [];
    now += 60_001;
    await store.find(key.kid);
    await new Promise(setImmediate);
    await expect(store.find(key.kid)).resolves.toMatchObject({ kid: key.kid });
  });

  it('tells how many fetches came to what, and how many unknown kids went with one', async () => {
    await store.find(key.kid);
    now += 30_000;
    for (let attempt = 0; attempt < 3; attempt++) await store.find('unknown').catch(() => undefined);
    expect(store.fetches).toEqual({ fetched: 2, failed: 0 });
    expect(store.unknownKids).toEqual({ looked_up: 1, spared: 2 });
    fetchKeys.mockRejectedValue(new Error('connection refused'));
    now += 60_001;
    await store.find(key.kid);
    await new Promise(setImmediate);
    expect(store.fetches).toEqual({ fetched: 2, failed: 1 });
    expect(store.size).toBe(1);
  });

  it('is stale from the age at which it wants a new set, if that cannot be had, until it is there', async () => {
    expect(store.staleMs).toBe(0);
    await store.find(key.kid);
    now += 90_000;
    expect(store.staleMs).toBe(0); // nobody asked
    fetchKeys.mockRejectedValueOnce(new Error('connection refused'));
    await store.find(key.kid);
    await new Promise(setImmediate);
    expect(store.staleMs).toBe(30_000);
    now += 1_000;
    expect(store.staleMs).toBe(31_000);
    await store.find(key.kid);
    await new Promise(setImmediate);
    expect(store.staleMs).toBe(0);
  });
});
