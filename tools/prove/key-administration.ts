import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { AdminApi } from '../admin-api.ts';

const keys = z.object({
  data: z.array(
    z.looseObject({
      kid: z.string(),
      alg: z.string(),
      state: z.string(),
      may_sign_from: z.string().nullable(),
    }),
  ),
});
const change = z.object({ changes: z.array(z.object({ kid: z.string(), state: z.string() })) });

const ATTEMPTS = 20;
const RETRY_MS = 100;

/** The issuer's keys as an administrator handles them: through the admin API. */
export class KeyAdministration {
  private readonly issuer: string;

  constructor(issuer: string) {
    this.issuer = issuer;
  }

  /** Announces a key and has it sign as soon as that is allowed. @returns its kid, and when it was told to sign */
  async rotate(alg: string): Promise<{ readonly kid: string; readonly atMs: number }> {
    const announced = change.parse(await this.call('POST', '/keys/announce', { alg }));
    const kid = announced.changes.find(({ state }) => state === 'announced')?.kid ?? '';
    await delay(await this.untilMaySign(kid));
    const atMs = performance.now();
    await this.call('POST', '/keys/rotate', { alg });
    return { kid, atMs };
  }

  async revoke(kid: string): Promise<void> {
    await this.call('POST', `/keys/${kid}/revoke`, {});
  }

  private async untilMaySign(kid: string): Promise<number> {
    const { data } = keys.parse(await this.call('GET', '/keys'));
    const from = data.find((key) => key.kid === kid)?.may_sign_from;
    if (from == null) throw new Error(`${kid} is not announced`);
    return Math.max(0, new Date(from).getTime() - Date.now());
  }

  /** What fails because a replica dies is tried again; the commands refuse what was done already. */
  private async call(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      try {
        const api = new AdminApi({
          issuer: this.issuer,
          clientSecret: 'admin-demo-secret',
          scope: 'keys:admin',
        });
        return await api.call(method, path, body);
      } catch (error) {
        if (attempt === ATTEMPTS || !String(error).includes('reached')) throw error;
        await delay(RETRY_MS);
      }
    }
  }
}
