import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

export const APP_NAMES = ['auth', 'gateway', 'orders', 'payments'] as const;
export type AppName = (typeof APP_NAMES)[number];

export interface AppPorts {
  readonly main: number;
  readonly management: number;
}

export type StackPorts = Readonly<Record<AppName, AppPorts>>;

export const DEFAULT_PORTS: StackPorts = {
  auth: { main: 3001, management: 9101 },
  gateway: { main: 3000, management: 9100 },
  orders: { main: 4001, management: 9102 },
  payments: { main: 4002, management: 9103 },
};

type Variables = Readonly<Record<string, string | undefined>>;

export interface StackOptions {
  readonly ports: StackPorts;
  /** Settings of every app: the process's own environment, as a rule. */
  readonly environment: Variables;
  /** Settings of one app, which win. */
  readonly appEnvironment?: Partial<Readonly<Record<AppName, Variables>>>;
  /** Options of Node itself, such as `--watch`. */
  readonly nodeOptions?: readonly string[];
  /** Called with every line that an app prints. */
  readonly onLine: (app: AppName, line: string) => void;
}

const ROOT = join(import.meta.dirname, '..');
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
/** An app that has not stopped by then is killed, and `stop` says so. */
const STOP_TIMEOUT_MS = 5_000;

/** The four apps as processes, as `npm start` and the end-to-end tests run them. */
export class Stack {
  readonly issuer: string;
  readonly api: string;
  readonly options: StackOptions;
  private readonly processes = new Map<AppName, ChildProcess>();

  constructor(options: StackOptions) {
    this.options = options;
    this.issuer = options.environment['ISSUER'] ?? `http://localhost:${options.ports.auth.main}`;
    this.api = options.environment['AUDIENCE'] ?? `http://localhost:${options.ports.gateway.main}`;
  }

  get ports(): StackPorts {
    return this.options.ports;
  }

  /** Starts the apps and waits until each is ready. @throws Error when one ends first, or is not ready in time */
  async start(apps: readonly AppName[] = APP_NAMES): Promise<void> {
    await Promise.all(apps.map((app) => this.assertNotRunning(app)));
    for (const app of apps) this.spawn(app);
    await Promise.all(apps.map((app) => this.ready(app)));
  }

  /** The running process of an app. @throws Error when it does not run */
  process(app: AppName): ChildProcess {
    const child = this.processes.get(app);
    if (child === undefined) throw new Error(`${app} does not run`);
    return child;
  }

  /** Sends a signal to an app and waits for its end. @returns its exit code; null when a signal ended it */
  async stopApp(app: AppName, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.process(app);
    this.processes.delete(app);
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    child.kill(signal);
    await once(child, 'exit');
    clearTimeout(kill);
    return child.exitCode;
  }

  /** Stops all apps. @returns the exit code of each */
  async stop(): Promise<ReadonlyMap<AppName, number | null>> {
    const apps = [...this.processes.keys()];
    const codes = await Promise.all(apps.map(async (app) => [app, await this.stopApp(app)] as const));
    return new Map(codes);
  }

  /** Calls back when an app ends that nobody stopped. */
  onUnexpectedExit(callback: (app: AppName, code: number | null) => void): void {
    for (const [app, child] of this.processes) {
      child.once('exit', (code) => {
        if (this.processes.get(app) === child) callback(app, code);
      });
    }
  }

  private spawn(app: AppName): void {
    const { environment, appEnvironment, nodeOptions = [] } = this.options;
    const main = join(ROOT, 'dist', 'apps', app, 'main.js');
    const child = spawn(process.execPath, ['--enable-source-maps', ...nodeOptions, main], {
      cwd: ROOT,
      env: { ...environment, ...this.settingsOf(app), ...appEnvironment?.[app] },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => this.options.onLine(app, line));
    }
    this.processes.set(app, child);
  }

  private settingsOf(app: AppName): Variables {
    const { ports, environment } = this.options;
    return {
      ...(app === 'gateway' && environment['DEMO'] === 'true' && demoCredentials(environment)),
      PORT: String(ports[app].main),
      MANAGEMENT_PORT: String(ports[app].management),
      ISSUER: this.issuer,
      AUDIENCE: this.api,
      ORDERS_ADDRESS: `localhost:${ports.orders.main}`,
      PAYMENTS_ADDRESS: `localhost:${ports.payments.main}`,
      TRANSACTION_TOKEN_JWKS_URI: `http://localhost:${ports.gateway.main}/.well-known/jwks.json`,
    };
  }

  /** Another stack's probes would be taken for ours. */
  private async assertNotRunning(app: AppName): Promise<void> {
    if (!(await this.isReady(app))) return;
    throw new Error(`port ${this.options.ports[app].management} is in use: is another stack running?`);
  }

  private async ready(app: AppName): Promise<void> {
    const child = this.process(app);
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (Date.now() < deadline) {
      if (child.exitCode !== null) throw new Error(`${app} ended with exit code ${child.exitCode}`);
      if (await this.isReady(app)) return;
      await delay(POLL_MS);
    }
    throw new Error(`${app} was not ready in ${READY_TIMEOUT_MS / 1_000} s`);
  }

  private async isReady(app: AppName): Promise<boolean> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.options.ports[app].management}/readyz`);
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false; // it does not listen yet
    }
  }
}

/** The gateway's client of the demo, unless another is set. */
function demoCredentials({ CLIENT_ID, CLIENT_SECRET }: Variables): Variables {
  return { CLIENT_ID: CLIENT_ID ?? 'gateway', CLIENT_SECRET: CLIENT_SECRET ?? 'gateway-secret' };
}
