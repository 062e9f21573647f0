import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import getPort from 'get-port';
import { APP_NAMES, Stack, type AppName, type StackOptions, type StackPorts } from '../../tools/stack.ts';
import { createDatabases, databaseUrl, dropDatabases } from './scratch-databases.ts';

/** Settings that differ from the demo's. */
export type Overrides = Partial<Pick<StackOptions, 'environment' | 'appEnvironment' | 'nodeOptions'>> & {
  /** `host:port` where the apps find PostgreSQL, if not where TEST_POSTGRES_URL says. */
  readonly postgresAddress?: string;
};

export interface LogLine {
  readonly app: AppName;
  readonly text: string;
}

/** A stack of the built apps on free ports, with a data folder and databases that nothing else uses. */
export class TestStack {
  readonly lines: LogLine[] = [];
  readonly stack: Stack;
  readonly ports: StackPorts;
  readonly dataDir: string;
  private readonly options: StackOptions;
  private readonly replicas: Stack[] = [];
  private readonly databases: ReadonlyMap<AppName, string>;

  private constructor(
    ports: StackPorts,
    dataDir: string,
    databases: ReadonlyMap<AppName, string>,
    overrides: Overrides,
  ) {
    this.ports = ports;
    this.dataDir = dataDir;
    this.databases = databases;
    const appEnvironment = Object.fromEntries(
      APP_NAMES.map((app) => {
        const database = databases.get(app);
        const url =
          database === undefined ? {} : { DATABASE_URL: databaseUrl(database, overrides.postgresAddress) };
        return [app, { ...url, ...overrides.appEnvironment?.[app] }];
      }),
    );
    this.options = {
      ports,
      environment: {
        PATH: process.env['PATH'],
        DEMO: 'true',
        DATA_DIR: dataDir,
        LOG_LEVEL: 'debug',
        LOG_FORMAT: 'json',
        ...overrides.environment,
      },
      appEnvironment,
      ...(overrides.nodeOptions && { nodeOptions: overrides.nodeOptions }),
      onLine: (app, text) => this.lines.push({ app, text }),
    };
    this.stack = new Stack(this.options);
  }

  /** Takes ports, a folder and databases; starts nothing. */
  static async prepare(
    overrides: Overrides | ((ports: StackPorts) => Overrides | Promise<Overrides>) = {},
  ): Promise<TestStack> {
    const dataDir = mkdtempSync(join(tmpdir(), 'countersign-'));
    const ports = await freePorts();
    const settings = typeof overrides === 'function' ? await overrides(ports) : overrides;
    return new TestStack(ports, dataDir, await createDatabases(), settings);
  }

  get api(): string {
    return this.stack.api;
  }

  get issuer(): string {
    return this.stack.issuer;
  }

  /** Starts apps and waits until they are ready. On failure the error has what they printed. */
  async start(apps?: readonly AppName[]): Promise<void> {
    try {
      await this.stack.start(apps);
    } catch (error) {
      const printed = this.lines.map(({ app, text }) => `${app} ${text}`).join('\n');
      throw new Error(`${String(error)}\n${printed}`, { cause: error });
    }
  }

  /** Where the database of an app is, without a proxy before it; undefined when it is embedded in the app. */
  databaseUrl(app: AppName): string | undefined {
    const database = this.databases.get(app);
    const isEmbedded = this.options.appEnvironment?.[app]?.['DATABASE_URL'] === undefined;
    return isEmbedded || database === undefined ? undefined : databaseUrl(database, undefined);
  }

  /** Starts one more process of an app, on ports of its own. Only a stack on PostgreSQL can have another `auth`. */
  async startReplica(app: AppName, settings: Readonly<Record<string, string>> = {}): Promise<Stack> {
    const ports = { ...this.ports, [app]: { main: await getPort(), management: await getPort() } };
    const environment = { ...this.options.environment, ISSUER: this.issuer, AUDIENCE: this.api };
    const appEnvironment = { [app]: { ...this.options.appEnvironment?.[app], ...settings } };
    const replica = new Stack({ ...this.options, ports, environment, appEnvironment });
    this.replicas.push(replica);
    await replica.start([app]);
    return replica;
  }

  /** Waits until so many lines hold a text. @throws Error when there are fewer after two seconds */
  async linesWith(text: string, count: number): Promise<readonly LogLine[]> {
    for (let attempt = 0; attempt < 200; attempt++) {
      const found = this.lines.filter((line) => line.text.includes(text));
      if (found.length >= count) return found;
      await delay(10);
    }
    throw new Error(`fewer than ${count} lines have ${text}`);
  }

  /** Stops what runs and leaves nothing behind. */
  async dispose(): Promise<void> {
    await Promise.all([this.stack, ...this.replicas].map((stack) => stack.stop()));
    rmSync(this.dataDir, { recursive: true, force: true });
    await dropDatabases(this.databases);
  }
}

async function freePorts(): Promise<StackPorts> {
  const entries = [];
  for (const app of APP_NAMES) entries.push([app, { main: await getPort(), management: await getPort() }]);
  return Object.fromEntries(entries);
}
