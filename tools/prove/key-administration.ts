import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { AdminApi } from '../admin-api.ts';
import type { Cluster } from './cluster.ts';

const keys = z.object({
  data: z.array(
    z.looseObject({
      kid: z.string(),
      alg: z.string(),
      state: z.string(),
      may_sign_from: z.string().nullable(),
      deleted_at: z.string().nullable(),
    }),
  ),
});
const change = z.object({ changes: z.array(z.object({ kid: z.string(), state: z.string() })) });

type Keys = z.output<typeof keys>['data'];

const ATTEMPTS = 20;
const RETRY_MS = 100;

/** The issuer's keys as an administrator handles them: through the admin API. */
export class KeyAdministration {
  private readonly cluster: Pick<Cluster, 'issuer' | 'hasDead'>;

  constructor(cluster: Pick<Cluster, 'issuer' | 'hasDead'>) {
    this.cluster = cluster;
  }

  async list(): Promise<Keys> {
    return keys.parse(await this.call('GET', '/keys')).data;
  }

  /** @returns the kid of the new key */
  async announce(alg: string): Promise<string> {
    const { changes } = change.parse(await this.call('POST', '/keys/announce', { alg }));
    return changes.find(({ state }) => state === 'announced')?.kid ?? '';
  }

  /** Has an announced key sign as soon as that is allowed. @returns when it was told to */
  async sign(kid: string, alg: string): Promise<number> {
    await delay(await this.untilMaySign(kid));
    const atMs = performance.now();
    await this.call('POST', '/keys/rotate', { alg });
    return atMs;
  }

  async revoke(kid: string): Promise<void> {
    await this.call('POST', `/keys/${kid}/revoke`, {});
  }

  private async untilMaySign(kid: string): Promise<number> {
    const from = (await this.list()).find((key) => key.kid === kid)?.may_sign_from;
    if (from == null) throw new Error(`${kid} is not announced`);
    return Math.max(0, new Date(from).getTime() - Date.now());
  }

  /** Tried again only when no answer comes while a replica is dead; the commands refuse what was done already. */
  private async call(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      const { issuer, hasDead } = this.cluster;
      try {
        const api = new AdminApi({ issuer, clientSecret: 'admin-demo-secret', scope: 'keys:admin' });
        return await api.call(method, path, body);
      } catch (error) {
        const isOutage = (hasDead || this.cluster.hasDead) && String(error).includes('reached');
        if (attempt === ATTEMPTS || !isOutage) throw error;
        await delay(RETRY_MS);
      }
    }
  }
}
