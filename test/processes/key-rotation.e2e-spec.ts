import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { Client } from 'pg';
import { z } from 'zod';
import { AuthReplica } from '../support/auth-replica.ts';
import { TestStack } from '../support/test-stack.ts';

/** Replicas share a PostgreSQL server; an embedded database has one process. */
const POSTGRES_URL = process.env['TEST_POSTGRES_URL'];
const JWKS_MAX_AGE_SECONDS = 2;
/** The max-age, and the time until every replica serves a changed JWKS. */
const OLD_ENOUGH_MS = 4_000;
const AGREED_WITHIN_MS = 1_000;

const event = z.object({ event: z.looseObject({ type: z.string() }) });

(POSTGRES_URL === undefined ? describe.skip : describe)(
  'two replicas of the issuer (TEST_POSTGRES_URL)',
  () => {
    let stack: TestStack;
    let one: AuthReplica;
    let other: AuthReplica;
    let database: Client;

    beforeAll(async () => {
      stack = await TestStack.prepare({
        environment: { JWKS_MAX_AGE_SECONDS: String(JWKS_MAX_AGE_SECONDS), KEY_ANNOUNCEMENT_SECONDS: '10' },
      });
      await stack.start(['auth']);
      const replica = await stack.startReplica('auth');
      one = new AuthReplica(stack.issuer, stack.issuer);
      other = new AuthReplica(stack.issuer, `http://localhost:${replica.ports.auth.main}`);
      database = new Client({ connectionString: stack.databaseUrl('auth') });
      await database.connect();
    });

    afterAll(async () => {
      await database.end();
      await stack.dispose();
    });

    /** Waits until a replica signs with a key. @returns how long that took */
    async function signsWith(replica: AuthReplica, kid: string, since: number): Promise<number> {
      for (;;) {
        if (decodeProtectedHeader(await replica.serviceToken()).kid === kid) return performance.now() - since;
        await delay(10);
      }
    }

    /** Waits until a replica's JWKS has a key, or has it no more. @returns how long that took */
    async function publishes(
      replica: AuthReplica,
      expected: 'with' | 'without',
      kid: string,
      since: number,
    ): Promise<number> {
      for (;;) {
        const isThere = (await replica.publishedKids()).includes(kid);
        if (isThere === (expected === 'with')) return performance.now() - since;
        await delay(10);
      }
    }

    async function signingKeys(alg: string): Promise<readonly string[]> {
      const { data } = await one.keys();
      return data.filter((key) => key.alg === alg && key.state === 'signing').map(({ kid }) => kid);
    }

    async function announceAndWait(alg: string): Promise<string> {
      const { changes } = await one.change('announce', { alg });
      await delay(OLD_ENOUGH_MS);
      return changes[0]?.kid ?? '';
    }

    it('publish the same keys from the first start on (JWK-06)', async () => {
      expect(await other.publishedKids()).toEqual(await one.publishedKids());
    });

    it('refuse to sign with a key that a verifier may not know, whichever is asked (JWK-07, JWK-08)', async () => {
      const { changes } = await one.change('announce', { alg: 'ES256' });
      const [kid = ''] = changes.map((change) => change.kid);
      expect(await publishes(other, 'with', kid, performance.now())).toBeLessThan(AGREED_WITHIN_MS);
      for (const replica of [one, other]) {
        await expect(replica.change('rotate', { alg: 'ES256' })).rejects.toThrow('key_too_young');
      }
      await other.change(`${kid}/retire`, {});
      expect(await publishes(one, 'without', kid, performance.now())).toBeLessThan(AGREED_WITHIN_MS);
    });

    it('both sign with the new key within a second of the rotation, and still publish the old one (JWK-08)', async () => {
      const [before = ''] = await signingKeys('RS256');
      const kid = await announceAndWait('RS256');
      await one.change('rotate', { alg: 'RS256' });
      const since = performance.now();
      const took = await Promise.all([one, other].map((replica) => signsWith(replica, kid, since)));
      expect(Math.max(...took)).toBeLessThan(AGREED_WITHIN_MS);
      for (const replica of [one, other]) expect(await replica.publishedKids()).toContain(before);
    });

    it('do so even when the connection that listens is lost: they look each second besides', async () => {
      const kid = await announceAndWait('RS256');
      await database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'countersign-notifications' AND datname = current_database()`,
      );
      await one.change('rotate', { alg: 'RS256' });
      const since = performance.now();
      const took = await Promise.all([one, other].map((replica) => signsWith(replica, kid, since)));
      expect(Math.max(...took)).toBeLessThan(AGREED_WITHIN_MS + 500);
    });

    it('rotate once when both are told to at the same time, and one key signs (F08)', async () => {
      const kid = await announceAndWait('ES256');
      const outcomes = await Promise.allSettled(
        [one, other, one, other].map((replica) => replica.change('rotate', { alg: 'ES256' })),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await signingKeys('ES256')).toEqual([kid]);
    });

    it('drop a revoked key from both JWKS within a second, with its event, and sign with its successor', async () => {
      const next = await announceAndWait('RS256');
      const [stolen = ''] = await signingKeys('RS256');
      const since = performance.now();
      const { warning } = await one.change(`${stolen}/revoke`, {});
      const took = await Promise.all([
        ...[one, other].map((replica) => publishes(replica, 'without', stolen, since)),
        ...[one, other].map((replica) => signsWith(replica, next, since)),
      ]);
      expect(Math.max(...took)).toBeLessThan(AGREED_WITHIN_MS);
      expect(warning).toBeNull();
      const { rows } = await database.query('SELECT event FROM security_events');
      const events = rows.map((row: unknown) => event.parse(row).event);
      expect(events).toContainEqual({ type: 'signing-key-revoked', kid: stolen });
    });

    it('have a new key sign at once for one that is revoked without a successor, and say what that costs', async () => {
      const [stolen = ''] = await signingKeys('ES256');
      const { changes, warning } = await one.change(`${stolen}/revoke`, {});
      expect(changes.map(({ state }) => state)).toEqual(['revoked', 'signing']);
      expect(warning).toMatch(/for up to 4 s one that does not look up unknown keys refuses its tokens/);
      expect(await signingKeys('ES256')).toEqual([changes[1]?.kid]);
      expect(await publishes(other, 'without', stolen, performance.now())).toBeLessThan(AGREED_WITHIN_MS);
    });

    it('one of which is killed in the middle of a rotation: the change is whole or not there, and the next makes it (F08)', async () => {
      const [before] = await signingKeys('ES256');
      const kid = await announceAndWait('ES256');
      // The change waits for this lock, inside its transaction, when the process is killed.
      await database.query('BEGIN');
      await database.query('LOCK TABLE signing_keys IN ACCESS EXCLUSIVE MODE');
      const rotation = one.change('rotate', { alg: 'ES256' }).catch(() => 'killed');
      await delay(300);
      await stack.stack.stopApp('auth', 'SIGKILL');
      expect(await rotation).toBe('killed');
      await database.query('COMMIT');
      await stack.start(['auth']);
      const [now] = await signingKeys('ES256');
      expect([before, kid]).toContain(now);
      // Its transaction may have gone through after its end: then there is nothing left to do.
      if (now === before) await other.change('rotate', { alg: 'ES256' });
      expect(await signingKeys('ES256')).toEqual([kid]);
      expect(decodeProtectedHeader(await one.serviceToken()).kid).toBeDefined();
    });
  },
);

describe('the schedule of one issuer', () => {
  it('announces, rotates and goes on by itself, and no request fails meanwhile (JWK-08)', async () => {
    const stack = await TestStack.prepare({
      environment: { JWKS_MAX_AGE_SECONDS: '1', KEY_ANNOUNCEMENT_SECONDS: '3', KEY_ROTATION_SECONDS: '6' },
    });
    await stack.start(['auth']);
    const issuer = new AuthReplica(stack.issuer, stack.issuer);
    const publishedSince = new Map<string, number>();
    const signers = new Set<string>();
    const tooEarly: string[] = [];
    while (signers.size < 3) {
      const { kid = '' } = decodeProtectedHeader(await issuer.serviceToken());
      // The first key signs at once. A verifier that fetched the JWKS a max-age ago knows every other.
      const knownForMs = performance.now() - (publishedSince.get(kid) ?? performance.now());
      if (signers.size > 0 && !signers.has(kid) && knownForMs < 1_000) tooEarly.push(kid);
      signers.add(kid);
      for (const each of await issuer.publishedKids()) {
        if (!publishedSince.has(each)) publishedSince.set(each, performance.now());
      }
      await delay(50);
    }
    await stack.dispose();
    expect(tooEarly).toEqual([]);
  }, 60_000);
});
