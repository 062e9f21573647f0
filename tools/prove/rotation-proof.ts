import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { send } from '../../bench/load/http.ts';
import { round } from '../../bench/load/statistics.ts';
import { print } from '../../bench/report.ts';
import { AUDIENCE, Cluster } from './cluster.ts';
import { KeyAdministration } from './key-administration.ts';
import { measureKill, type Kill } from './kill.ts';
import { ReplicaClient } from './replica-client.ts';
import { StrictVerifier } from './strict-verifier.ts';
import { TokenPool, type HeldToken } from './token-pool.ts';

export const AUTHS = 2;
/** And as many strict verifiers: the key set of each is as old as that of one gateway. */
export const GATEWAYS = 3;
/** Resources at the gateway itself, and behind it. */
const PATHS = ['/me', '/me', '/me', '/orders'];
/** For so long the traffic goes on after the last rotation, so that tokens of that key are used, too. */
const LAST_KEY_MS = 5_000;
/** Past the max-age, so that it is over for the gateway, too. */
const TOO_OLD_MS = 100;
const PATIENCE_MS = 60_000;
/** A replica looks once a second what is due: a key that is this much later still there will not go. */
const DELETION_LAG_MS = 10_000;

type Algorithm = 'RS256' | 'ES256';

export interface RotationSettings {
  readonly rotations: number;
  /** From the beginning of one to that of the next, at least. */
  readonly apartSeconds: number;
  readonly jwksMaxAgeSeconds: number;
  readonly requestsPerSecond: number;
}

interface Switch {
  readonly what: string;
  readonly kid: string;
  readonly alg: Algorithm;
  /** From the command until the replica signs with the key. */
  readonly replicasMs: readonly number[];
  /** How old the key sets of the gateways, and then of the strict verifiers, were when it began to sign. */
  readonly keySetAgesMs: readonly number[];
}

interface Failure {
  readonly at: string;
  readonly kid: string;
  readonly answer: string;
  readonly atSeconds: number;
}

interface Deletions {
  /** Keys that signed, and were gone while the requests went on. */
  readonly deleted: readonly string[];
  /** Keys that ought to be gone and are not, or are gone from the ring and still published. */
  readonly faulty: readonly string[];
  /** When the next would have gone. */
  readonly nextAt: string | null;
}

const jwks = z.looseObject({ keys: z.array(z.looseObject({ kid: z.string() })) });

function authSettings(algorithm: Algorithm, maxAgeSeconds: number): Readonly<Record<string, string>> {
  return { JWKS_MAX_AGE_SECONDS: String(maxAgeSeconds), ACCESS_TOKEN_ALGORITHM: algorithm };
}

/** Keys that rotate, under requests to gateways and to verifiers that ask for keys as seldom as they may. */
export class RotationProof {
  readonly failures: Failure[] = [];
  readonly switches: Switch[] = [];
  readonly accepted = new Map<string, number>();
  readonly client: ReplicaClient;
  readonly pool: TokenPool;
  readonly strict: readonly StrictVerifier[];
  private readonly settings: RotationSettings;
  private readonly cluster: Cluster;
  private readonly keys: KeyAdministration;
  private readonly agent = new Agent({ keepAlive: true });
  private readonly began = performance.now();
  private readonly signed = new Set<string>();
  private algorithm: Algorithm = 'RS256';

  private constructor(cluster: Cluster, settings: RotationSettings) {
    this.settings = settings;
    this.cluster = cluster;
    this.client = new ReplicaClient(cluster);
    this.pool = new TokenPool(cluster.issuer, this.client);
    this.keys = new KeyAdministration(cluster);
    const verifier = { issuer: cluster.issuer, audience: AUDIENCE, client: this.client };
    this.strict = Array.from({ length: GATEWAYS }, () => new StrictVerifier(verifier));
  }

  static async start(settings: RotationSettings): Promise<RotationProof> {
    const auth = authSettings('RS256', settings.jwksMaxAgeSeconds);
    const cluster = await Cluster.start({
      auths: Array.from({ length: AUTHS }, () => auth),
      gateways: Array.from({ length: GATEWAYS }, () => ({})),
    });
    return new RotationProof(cluster, settings);
  }

  stop(): Promise<void> {
    return this.cluster.dispose();
  }

  /**
   * The first tokens; then each gateway, and each strict verifier, is made to fetch its key set a third of the max-age
   * after the one before. A gateway refreshes a set that is too old when it is asked: left alone, the traffic would
   * begin with all of them at once.
   */
  async prepare(logins: number): Promise<void> {
    await this.pool.logIn(logins);
    const token = await this.pool.obtain();
    this.signed.add(token.kid);
    const maxAgeMs = this.settings.jwksMaxAgeSeconds * 1_000;
    for (const [index, verifier] of this.strict.entries()) {
      await delay(Math.max(0, maxAgeMs + TOO_OLD_MS - (this.cluster.keySetAgesMs()[index] ?? 0)));
      await Promise.all([this.ask(index, '/me', token), verifier.verify(token.text)]);
      await delay(maxAgeMs / GATEWAYS);
    }
  }

  /** One request with a valid token to one of the gateways. @throws Error when it is not answered 200 */
  async request(index: number): Promise<void> {
    const token = this.pool.pick();
    const gateway = index % GATEWAYS;
    const path = PATHS[Math.floor(index / GATEWAYS) % PATHS.length] ?? '';
    const answer = await this.ask(gateway, path, token);
    if (answer !== '200') this.fail(`gateway ${gateway + 1}`, token, answer);
    this.accepted.set(token.kid, (this.accepted.get(token.kid) ?? 0) + 1);
  }

  /** One strict verifier gets a token: the newest, or any. @throws Error when it refuses it */
  async verifyStrictly(index: number): Promise<void> {
    const token = index % 2 === 0 ? this.pool.newest() : this.pool.pick();
    const number = Math.floor(index / 2) % GATEWAYS;
    try {
      await this.strict[number]?.verify(token.text);
    } catch (error) {
      this.fail(`strict verifier ${number + 1}`, token, String(error));
    }
  }

  /** All that happens to the keys while the requests go on. */
  async rotateAll(): Promise<void> {
    const { rotations, apartSeconds } = this.settings;
    const [toEs256, kill, back] = [1, 2, 3].map((quarter) => Math.floor((rotations * quarter) / 4));
    for (let rotation = 1; rotation <= rotations; rotation++) {
      const began = performance.now();
      if (rotation === toEs256) await this.switchAlgorithm('ES256');
      else if (rotation === back) await this.switchAlgorithm('RS256');
      else if (rotation === kill) await this.rotateWhileOneDies();
      else await this.rotate(`rotation ${rotation}`);
      await delay(Math.max(500, apartSeconds * 1_000 - (performance.now() - began)));
    }
    await delay(LAST_KEY_MS);
  }

  /** What became of the keys that have signed, as of now: in the ring, and in the JWKS of each replica. */
  async deletions(): Promise<Deletions> {
    const now = Date.now();
    const ring = await this.keys.list();
    const published = await Promise.all(
      Array.from({ length: AUTHS }, async (_, replica) => {
        const { text } = await this.client.sendTo(replica, '/.well-known/jwks.json', { method: 'GET' });
        return jwks.parse(JSON.parse(text)).keys.map(({ kid }) => kid);
      }),
    );
    const deleted = [...this.signed].filter((kid) => !ring.some((key) => key.kid === kid));
    const due = ring.flatMap(({ kid, deleted_at: at }) => (at === null ? [] : [{ kid, at }]));
    const overdue = due.filter(({ at }) => Date.parse(at) + DELETION_LAG_MS < now).map(({ kid }) => kid);
    const left = deleted.filter((kid) => published.some((kids) => kids.includes(kid)));
    const [nextAt = null] = due.map(({ at }) => at).toSorted();
    return { deleted, faulty: [...overdue, ...left], nextAt };
  }

  /** Tokens of the key that signs are used at every gateway while it is revoked. */
  async revoke(): Promise<Kill> {
    const { kid } = await this.pool.obtain();
    const tokens: HeldToken[] = [];
    for (let count = 0; count < 20; count++) tokens.push(await this.pool.obtain());
    const kill = await measureKill({
      kid,
      gateways: GATEWAYS,
      perSecond: this.settings.requestsPerSecond,
      revoke: () => this.keys.revoke(kid),
      ask: async (gateway, index) => {
        const token = tokens[index % tokens.length];
        return token?.kid === kid ? this.ask(gateway, '/me', token) : 'the token is of another key';
      },
    });
    this.pool.drop(kid);
    return kill;
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

  private fail(at: string, { kid }: HeldToken, answer: string): never {
    this.failures.push({ at, kid, answer, atSeconds: round((performance.now() - this.began) / 1_000, 1) });
    throw new Error(answer);
  }

  private async rotate(what: string): Promise<void> {
    const kid = await this.keys.announce(this.algorithm);
    await this.note(what, kid, await this.keys.sign(kid, this.algorithm));
  }

  /** One replica dies without a word while a key is announced, and comes back after that key signs. */
  private async rotateWhileOneDies(): Promise<void> {
    const kid = await this.keys.announce(this.algorithm);
    await this.cluster.killAuth(0);
    print('one replica of auth is killed');
    const atMs = await this.keys.sign(kid, this.algorithm);
    await this.cluster.restartAuth(0, this.authSettings());
    await this.note('rotation while a replica dies', kid, atMs);
  }

  /** As in a deployment: one replica after the other gets the new setting. */
  private async switchAlgorithm(to: Algorithm): Promise<void> {
    const from = this.algorithm;
    this.algorithm = to;
    const atMs = performance.now();
    for (let index = 0; index < AUTHS; index++) await this.cluster.restartAuth(index, this.authSettings());
    const { kid } = await this.pool.obtain();
    await this.note(`${from} → ${to}, replica by replica`, kid, atMs);
  }

  private authSettings(): Readonly<Record<string, string>> {
    return authSettings(this.algorithm, this.settings.jwksMaxAgeSeconds);
  }

  private async note(what: string, kid: string, atMs: number): Promise<void> {
    const ages = [...this.cluster.keySetAgesMs(), ...this.strict.map(({ ageMs }) => ageMs)];
    const keySetAgesMs = ages.map((ms) => round(ms));
    const replicas = Array.from({ length: AUTHS }, (_, replica) => this.signsWith(kid, replica));
    const replicasMs = (await Promise.all(replicas)).map((ms) => round(ms - atMs));
    this.signed.add(kid);
    this.switches.push({ what, kid, alg: this.algorithm, replicasMs, keySetAgesMs });
    print(
      `${what}: ${this.algorithm} ${kid.slice(0, 8)}…, signed with by all replicas after ${Math.max(...replicasMs)} ms`,
    );
  }

  /** Waits until a replica signs with a key. @returns since when. @throws Error when it does not in a minute */
  private async signsWith(kid: string, replica: number): Promise<number> {
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline) {
      if ((await this.pool.obtainFrom(replica)).kid === kid) return performance.now();
      await delay(20);
    }
    throw new Error(`replica ${replica + 1} of auth does not sign with ${kid}`);
  }
}
