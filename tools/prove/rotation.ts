import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { send } from '../../bench/load/http.ts';
import { openLoop } from '../../bench/load/open-loop.ts';
import { percentile, round } from '../../bench/load/statistics.ts';
import { machine, print, table, writeReport } from '../../bench/report.ts';
import { Cluster } from './cluster.ts';
import { KeyAdministration } from './key-administration.ts';
import { TokenPool, type HeldToken } from './token-pool.ts';

const { values: options } = parseArgs({
  options: {
    rotations: { type: 'string', default: '20' },
    kills: { type: 'string', default: '3' },
    rate: { type: 'string', default: '200' },
  },
});
/** Four at least: one to ES256, one while a replica dies, one back. */
const ROTATIONS = Number(options.rotations);
const KILLS = Number(options.kills);

const REQUESTS_PER_SECOND = Number(options.rate);
const TOKENS_PER_SECOND = 10;
const LOGINS = 5;
/** Resources at the gateway itself, and behind it. */
const PATHS = ['/me', '/me', '/me', '/orders'];
const JWKS_MAX_AGE_SECONDS = 2;
/** For so long the traffic goes on after the last rotation, so that tokens of that key are used, too. */
const LAST_KEY_MS = 5_000;
/** After a key is revoked, the requests with its tokens go on for so long. */
const KILL_SECONDS = 5;
const MAX_KILL_MS = 1_000;
const AUTHS = 2;
/** Gateway replicas start so far apart: the ages of their key sets differ. */
const GATEWAYS = 3;

type Algorithm = 'RS256' | 'ES256';

interface Switch {
  readonly what: string;
  readonly kid: string;
  readonly alg: Algorithm;
  /** From the command until the replica signs with the key. */
  readonly replicasMs: readonly number[];
}

interface Failure {
  readonly gateway: number;
  readonly kid: string;
  readonly answer: string;
  readonly atSeconds: number;
}

interface Kill {
  readonly kid: string;
  /** How long the revocation took to be answered. */
  readonly revokeMs: number;
  /** Of each gateway, from the answer on: when the last request was sent that was accepted; negative: before it. */
  readonly lastAcceptedMs: readonly number[];
}

function authSettings(algorithm: Algorithm): Readonly<Record<string, string>> {
  return { JWKS_MAX_AGE_SECONDS: String(JWKS_MAX_AGE_SECONDS), ACCESS_TOKEN_ALGORITHM: algorithm };
}

class RotationProof {
  readonly failures: Failure[] = [];
  readonly switches: Switch[] = [];
  readonly accepted = new Map<string, { readonly alg: string; requests: number }>();
  readonly pool: TokenPool;
  private readonly cluster: Cluster;
  private readonly keys: KeyAdministration;
  private readonly agent = new Agent({ keepAlive: true });
  private readonly began = performance.now();
  private algorithm: Algorithm = 'RS256';

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.pool = new TokenPool(cluster.issuer);
    this.keys = new KeyAdministration(cluster.issuer);
  }

  static async start(): Promise<RotationProof> {
    const cluster = await Cluster.start({
      auths: Array.from({ length: AUTHS }, () => authSettings('RS256')),
      gateways: Array.from({ length: GATEWAYS }, () => ({})),
    });
    return new RotationProof(cluster);
  }

  stop(): Promise<void> {
    return this.cluster.dispose();
  }

  /** One request with a valid token to one of the gateways. @throws Error when it is not answered 200 */
  async request(index: number): Promise<void> {
    const token = this.pool.pick();
    const gateway = index % GATEWAYS;
    const path = PATHS[Math.floor(index / GATEWAYS) % PATHS.length] ?? '';
    const answer = await this.ask(gateway, path, token);
    if (answer === '200') {
      const known = this.accepted.get(token.kid) ?? { alg: token.alg, requests: 0 };
      this.accepted.set(token.kid, { ...known, requests: known.requests + 1 });
      return;
    }
    const atSeconds = round((performance.now() - this.began) / 1_000, 1);
    this.failures.push({ gateway, kid: token.kid, answer, atSeconds });
    throw new Error(answer);
  }

  /** All that happens to the keys while the requests go on. */
  async rotateAndKill(): Promise<void> {
    const [toEs256, kill, back] = [1, 2, 3].map((quarter) => Math.floor((ROTATIONS * quarter) / 4));
    for (let rotation = 1; rotation <= ROTATIONS; rotation++) {
      if (rotation === toEs256) await this.switchAlgorithm('ES256');
      else if (rotation === back) await this.switchAlgorithm('RS256');
      else if (rotation === kill) await this.rotateWhileOneDies();
      else await this.rotate(`rotation ${rotation}`);
      await delay(500);
    }
    await delay(LAST_KEY_MS);
  }

  /** Tokens of the key that signs are used at every gateway while it is revoked. */
  async revoke(): Promise<Kill> {
    const { kid } = await this.pool.obtain();
    const tokens: HeldToken[] = [];
    for (let count = 0; count < 20; count++) tokens.push(await this.pool.obtain());
    const lastSentMs: number[] = Array.from({ length: GATEWAYS }, () => Number.NEGATIVE_INFINITY);
    const use = openLoop({
      perSecond: REQUESTS_PER_SECOND,
      duration: { seconds: KILL_SECONDS },
      request: async (index) => {
        const token = tokens[index % tokens.length];
        const gateway = index % GATEWAYS;
        const sentMs = performance.now();
        if (token?.kid !== kid || (await this.ask(gateway, '/me', token)) !== '200') return;
        lastSentMs[gateway] = Math.max(lastSentMs[gateway] ?? 0, sentMs);
      },
    });
    await delay(1_000);
    const beganMs = performance.now();
    await this.keys.revoke(kid);
    const revokedMs = performance.now();
    await use;
    this.pool.drop(kid);
    return {
      kid,
      revokeMs: round(revokedMs - beganMs),
      lastAcceptedMs: lastSentMs.map((ms) => round(ms - revokedMs)),
    };
  }

  private async ask(gateway: number, path: string, token: HeldToken): Promise<string> {
    try {
      const headers = { authorization: `Bearer ${token.text}` };
      const url = `${this.cluster.apis[gateway]}${path}`;
      const { status, text } = await send(this.agent, url, { method: 'GET', headers });
      return status === 200 ? '200' : `${status} ${text}`;
    } catch (error) {
      return String(error);
    }
  }

  private async rotate(what: string): Promise<void> {
    const { kid, atMs } = await this.keys.rotate(this.algorithm);
    await this.note(what, kid, atMs);
  }

  /** One replica dies without a word while a key is announced, and comes back after the next one signs. */
  private async rotateWhileOneDies(): Promise<void> {
    const rotation = this.keys.rotate(this.algorithm);
    await delay(500);
    await this.cluster.killAuth(0);
    print('one replica of auth is killed');
    const { kid, atMs } = await rotation;
    await this.cluster.restartAuth(0, authSettings(this.algorithm));
    await this.note('rotation while a replica dies', kid, atMs);
  }

  /** As in a deployment: one replica after the other gets the new setting. */
  private async switchAlgorithm(to: Algorithm): Promise<void> {
    const from = this.algorithm;
    this.algorithm = to;
    const atMs = performance.now();
    for (let index = 0; index < AUTHS; index++) await this.cluster.restartAuth(index, authSettings(to));
    const { kid } = await this.pool.obtain();
    await this.note(`${from} → ${to}, replica by replica`, kid, atMs);
  }

  private async note(what: string, kid: string, atMs: number): Promise<void> {
    const replicasMs = await Promise.all(
      Array.from({ length: AUTHS }, async (_, index) => {
        for (;;) {
          const token = await this.pool.obtain(this.cluster.authAddress(index));
          if (token.kid === kid) return round(performance.now() - atMs);
          await delay(20);
        }
      }),
    );
    this.switches.push({ what, kid, alg: this.algorithm, replicasMs });
    print(
      `${what}: ${this.algorithm} ${kid.slice(0, 8)}…, signed with by all replicas after ${Math.max(...replicasMs)} ms`,
    );
  }
}

const on = machine();
const proof = await RotationProof.start();
const faults: string[] = [];
try {
  await proof.pool.logIn(LOGINS);
  await proof.pool.obtain();
  const end = new AbortController();
  const tokens = proof.pool.run(TOKENS_PER_SECOND, end.signal);
  const traffic = openLoop({
    perSecond: REQUESTS_PER_SECOND,
    duration: { until: end.signal },
    request: (index) => proof.request(index),
  });
  await Promise.race([proof.rotateAndKill(), tokens]).finally(() => end.abort());
  const [{ requests, failures, latenciesMs }] = await Promise.all([traffic, tokens]);

  const kills: Kill[] = [];
  for (let kill = 0; kill < KILLS; kill++) kills.push(await proof.revoke());

  const unseen = proof.switches.filter(({ kid }) => !proof.accepted.has(kid));
  if (failures > 0) faults.push(`${failures} requests failed: ${JSON.stringify(proof.failures.slice(0, 5))}`);
  if (unseen.length > 0) faults.push(`no token was accepted of ${unseen.map(({ kid }) => kid).join(', ')}`);
  const slowest = Math.max(...kills.flatMap(({ lastAcceptedMs }) => lastAcceptedMs));
  if (slowest > MAX_KILL_MS) faults.push(`a revoked key was accepted for ${slowest} ms`);

  const accepted = Object.fromEntries(proof.accepted);
  const [p50Ms, p99Ms] = [50, 99].map((percent) => round(percentile(latenciesMs, percent), 1));
  const { switches, pool } = proof;
  const load = { requests, failures, p50Ms, p99Ms, refreshes: pool.refreshes, tokenRetries: pool.retries };
  writeReport(
    'rotation',
    { machine: on, load, switches, accepted, kills, failures: proof.failures, faults },
    [
      '# Keys that rotate without losing a request',
      '',
      `\`npm run prove:rotation\`, which writes this page: ${AUTHS} replicas of auth behind a TCP balancer, ${GATEWAYS} of the`,
      `gateway, PostgreSQL. ${REQUESTS_PER_SECOND} requests a second at their appointed times, with valid tokens of all ages; a JWKS`,
      `may be cached for ${JWKS_MAX_AGE_SECONDS} s. A request that fails is not sent again; a token request to a replica that dies is.`,
      '',
      ...table(
        ['requests', 'failed', 'p50 ms', 'p99 ms', 'rotations', 'refreshes', 'token requests sent again'],
        [[requests, failures, p50Ms ?? '', p99Ms ?? '', switches.length, pool.refreshes, pool.retries]],
      ),
      '',
      ...table(
        ['what', 'algorithm', 'all replicas sign after ms', 'accepted requests with the key'],
        switches.map(({ what, alg, replicasMs, kid }) => [
          what,
          alg,
          Math.max(...replicasMs),
          proof.accepted.get(kid)?.requests ?? 0,
        ]),
      ),
      '',
      'Where a replica is started anew, its start is part of the time after which all replicas sign.',
      '',
      'From the answer to `keys revoke` to the last request with a token of the key that was accepted, in ms; negative:',
      'before the answer.',
      '',
      ...table(
        [
          'revocation',
          'answered after ms',
          ...Array.from({ length: GATEWAYS }, (_, index) => `gateway ${index + 1}`),
        ],
        kills.map(({ revokeMs, lastAcceptedMs }, index) => [index + 1, revokeMs, ...lastAcceptedMs]),
      ),
      '',
      '```text',
      JSON.stringify(on),
      '```',
    ],
  );
  print(JSON.stringify({ load, kills }, undefined, 2));
} finally {
  await proof.stop();
}
for (const fault of faults) print(`FAULT: ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
