import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import getPort from 'get-port';
import {
  createDatabases,
  databaseUrl,
  dropDatabases,
  type Databases,
} from '../../test/support/scratch-databases.ts';
import { Stack, type AppName, type AppPorts, type StackPorts } from '../stack.ts';
import { Balancer } from './balancer.ts';
import { JwksTap } from './jwks-tap.ts';

type Variables = Readonly<Record<string, string>>;

export interface ClusterOptions {
  /** Settings of each replica of auth; what one has, the others should. */
  readonly auths: readonly Variables[];
  /** Settings of each replica of the gateway; there can be none. */
  readonly gateways: readonly Variables[];
}

/** From when no new request goes to a replica until it is told to stop, as in a rolling restart. */
const DRAIN_MS = 500;

/** Replicas of auth behind a balancer, and of the gateway before one orders and one payments, on PostgreSQL. */
export class Cluster {
  readonly issuer: string;
  readonly dataDir: string;
  readonly databases: Databases;
  private readonly balancer: Balancer;
  private readonly options: ClusterOptions;
  private readonly auths: Stack[] = [];
  private readonly gateways: Stack[] = [];
  private readonly authPorts: AppPorts[] = [];
  private readonly taps: JwksTap[] = [];
  private readonly restarting = new Set<number>();
  private readonly dead = new Set<number>();
  private services: StackPorts | undefined;

  private constructor(options: ClusterOptions, balancer: Balancer, databases: Databases) {
    this.options = options;
    this.balancer = balancer;
    this.databases = databases;
    this.issuer = `http://localhost:${balancer.port}`;
    this.dataDir = mkdtempSync(join(tmpdir(), 'countersign-'));
  }

  /** @throws Error when a replica does not come up, or TEST_POSTGRES_URL names no PostgreSQL server */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const databases = await createDatabases();
    if (databases.size === 0)
      throw new Error('TEST_POSTGRES_URL is not set: replicas share a PostgreSQL server');
    const cluster = new Cluster(options, await Balancer.start(), databases);
    try {
      await cluster.startAll();
    } catch (error) {
      await cluster.dispose();
      throw error;
    }
    return cluster;
  }

  /** Addresses of the gateway's replicas. */
  get apis(): readonly string[] {
    return this.gateways.map(({ options: { ports } }) => `http://localhost:${ports.gateway.main}`);
  }

  /** Address of one replica of auth, past the balancer. */
  authAddress(index: number): string {
    return `http://localhost:${this.authPorts[index]?.main}`;
  }

  /** Replicas of auth that new requests are sent to: of one that was killed nobody knows. */
  get inRotation(): readonly number[] {
    return [...this.authPorts.keys()].filter((index) => !this.restarting.has(index));
  }

  /** Whether a replica was killed and is not back yet. */
  isDead(index: number): boolean {
    return this.dead.has(index);
  }

  get hasDead(): boolean {
    return this.dead.size > 0;
  }

  /** How long ago each gateway fetched the keys, in milliseconds. */
  keySetAgesMs(): readonly number[] {
    return this.taps.map((tap) => tap.ageMs);
  }

  databaseUrl(app: AppName): string {
    return databaseUrl(this.databases.get(app) ?? '');
  }

  async killAuth(index: number): Promise<void> {
    this.dead.add(index);
    await this.auths[index]?.stopApp('auth', 'SIGKILL');
  }

  /** Starts a replica that was killed, or one that runs anew, with other settings, after its last request. */
  async restartAuth(index: number, settings: Variables): Promise<void> {
    if (!this.dead.has(index)) {
      this.restarting.add(index);
      this.balance();
      await delay(DRAIN_MS);
    }
    await this.auths[index]?.stop();
    await this.startAuth(index, settings);
    this.dead.delete(index);
    this.restarting.delete(index);
    this.balance();
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.auths, ...this.gateways].map((stack) => stack.stop()));
    for (const tap of this.taps) tap.stop();
    this.balancer.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
    await dropDatabases(this.databases);
  }

  private balance(): void {
    this.balancer.use(this.inRotation.map((index) => this.authPorts[index]?.main ?? 0));
  }

  private async startAll(): Promise<void> {
    // One after the other: the first makes the keys and the demo's data, as a first deployment would.
    for (const [index, settings] of this.options.auths.entries()) {
      this.authPorts.push(await freePorts());
      await this.startAuth(index, settings);
    }
    this.balance();
    for (const [index, settings] of this.options.gateways.entries()) {
      const tap = await JwksTap.start(this.issuer);
      this.taps.push(tap);
      const gateway = await freePorts();
      this.services ??= {
        auth: gateway, // has no part in this
        gateway,
        orders: await freePorts(),
        payments: await freePorts(),
      };
      const stack = this.stackOf({ ...this.services, gateway }, { JWKS_URI: tap.url, ...settings });
      this.gateways.push(stack);
      await stack.start(index === 0 ? ['orders', 'payments', 'gateway'] : ['gateway']);
    }
  }

  private async startAuth(index: number, settings: Variables): Promise<void> {
    const auth = this.authPorts[index] ?? (await freePorts());
    const stack = this.stackOf({ auth, gateway: auth, orders: auth, payments: auth }, settings);
    this.auths[index] = stack; // before it runs: one that does not come up has to be stopped, too
    await stack.start(['auth']);
  }

  private stackOf(ports: StackPorts, settings: Variables): Stack {
    const withDatabase = (app: AppName): Variables => ({ DATABASE_URL: this.databaseUrl(app) });
    return new Stack({
      ports,
      environment: {
        PATH: process.env['PATH'],
        DEMO: 'true',
        DATA_DIR: this.dataDir,
        ISSUER: this.issuer,
        AUDIENCE,
        LOG_LEVEL: 'error',
        REQUESTS_PER_NETWORK: '1000000',
        LOG_FORMAT: 'json',
        ...settings,
      },
      appEnvironment: {
        auth: withDatabase('auth'),
        orders: withDatabase('orders'),
        payments: withDatabase('payments'),
      },
      onLine: (app, line) => process.stderr.write(`${app} ${line}\n`),
    });
  }
}

/** The API's resource identifier, which is a name and need not be where a replica listens. */
export const AUDIENCE = 'http://localhost:3000';

async function freePorts(): Promise<AppPorts> {
  return { main: await getPort(), management: await getPort() };
}
