import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import getPort from 'get-port';
import { pin } from '../load/cpu.ts';
import type { BenchedIssuer } from './benched-issuer.ts';
import { haproxyConfiguration } from './haproxy.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PEERS = join(ROOT, 'bench', 'peers');
const START_TIMEOUT_MS = 30_000;

const CORE = 0;

/** A server that answers `GET` of a path to whoever has a good token; a process of its own, on one core. */
export interface Contestant {
  readonly name: string;
  /** Under which it fetches its keys. */
  readonly id: string;
  readonly port: number;
  readonly pid: number;
  readonly path: string;
  /** Routes of the same app that anyone may call, if they are measured. */
  readonly publicPaths: readonly string[];
  stop(): Promise<void>;
}

interface Start {
  readonly id: string;
  readonly name: string;
  readonly path?: string;
  readonly publicPaths?: readonly string[];
  readonly command: (port: number) => readonly [string, ...string[]];
  readonly environment?: (port: number) => Readonly<Record<string, string>>;
}

const node =
  (...file: readonly string[]) =>
  () =>
    [process.execPath, join(ROOT, ...file)] as const;

/** Of the peers, and of an app that uses the library. */
const settingsOf = (issuer: BenchedIssuer, id: string) => (port: number) => ({
  PORT: String(port),
  ISSUER: issuer.url,
  AUDIENCE: issuer.audience,
  KEYS_ORIGIN: issuer.keysOrigin(id),
});
const CREDENTIALS = { CLIENT_ID: 'gateway', CLIENT_SECRET: 'gateway-secret' };

export async function startExampleApp(issuer: BenchedIssuer): Promise<Contestant> {
  return start(issuer, {
    id: 'example',
    name: 'an app with @countersign/auth',
    publicPaths: ['/public'],
    command: node('dist', 'bench', 'example-app', 'main.js'),
    environment: (port) => ({ ...settingsOf(issuer, 'example')(port), ...CREDENTIALS }),
  });
}

/** The gateway as it is built, with all it has: events, introspection, transaction tokens, logs of what it refuses. */
export async function startGateway(issuer: BenchedIssuer): Promise<Contestant> {
  const managementPort = await getPort();
  return start(issuer, {
    id: 'gateway',
    name: 'the gateway',
    path: '/me',
    publicPaths: ['/.well-known/jwks.json', '/healthz'],
    command: node('dist', 'apps', 'gateway', 'main.js'),
    environment: (port) => ({
      ...settingsOf(issuer, 'gateway')(port),
      ...CREDENTIALS,
      DEMO: 'true',
      MANAGEMENT_PORT: String(managementPort),
      DATA_DIR: issuer.stack.dataDir,
      JWKS_URI: `${issuer.keysOrigin('gateway')}/.well-known/jwks.json`,
      LOG_FORMAT: 'json',
    }),
  });
}

/** @throws Error when the peers' packages are not installed */
export async function startPeers(issuer: BenchedIssuer): Promise<readonly Contestant[]> {
  buildPeers();
  const peer = (id: string, name: string, more: Readonly<Record<string, string>> = {}, file = id): Start => ({
    id,
    name,
    command: node('bench', 'peers', 'dist', `${file}.js`),
    environment: (port) => ({ ...settingsOf(issuer, id)(port), ...more }),
  });
  const peers = [
    peer('nest-fastify', 'Nest on Fastify, passport-jwt, jwks-rsa'),
    peer('nest-express', 'Nest on Express, passport-jwt, jwks-rsa'),
    peer('fastify-jwt', '@fastify/jwt, get-jwks'),
    peer('fastify-jwt-cache', 'the same, its cache on', { VERIFIED_TOKENS: '1000' }, 'fastify-jwt'),
    peer('express-oauth2-jwt-bearer', 'express-oauth2-jwt-bearer'),
  ];
  return Promise.all(peers.map((each) => start(issuer, each)));
}

/** @returns undefined where HAProxy is not installed */
export async function startHaproxy(issuer: BenchedIssuer): Promise<Contestant | undefined> {
  if (spawnSync('haproxy', ['-v']).error !== undefined) return undefined;
  const folder = issuer.stack.dataDir;
  const keyFile = join(folder, 'haproxy-key.pem');
  writeFileSync(keyFile, issuer.publicKeyPem());
  return start(issuer, {
    id: 'haproxy',
    name: 'HAProxy, jwt_verify',
    command: (port) => {
      const file = join(folder, 'haproxy.cfg');
      writeFileSync(
        file,
        haproxyConfiguration({ port, keyFile, issuer: issuer.url, audience: issuer.audience }),
      );
      return ['haproxy', '-db', '-f', file];
    },
  });
}

function buildPeers(): void {
  if (!existsSync(join(PEERS, 'node_modules'))) {
    throw new Error('the peers are not installed: npm ci --prefix bench/peers');
  }
  const { status, stdout } = spawnSync('tsc', ['-p', PEERS]);
  if (status !== 0) throw new Error(`the peers do not compile:\n${String(stdout)}`);
}

async function start(issuer: BenchedIssuer, options: Start): Promise<Contestant> {
  const { id, name, path = '/protected', publicPaths = [], command, environment } = options;
  const port = await getPort();
  const [program, ...parameters] = command(port);
  // What it logs goes to a file: a pipe would have to be read on the core that the load has.
  const log = openSync(join(issuer.stack.dataDir, `${id}.log`), 'w');
  const child = spawn(program, parameters, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...environment?.(port) },
    stdio: ['ignore', log, 'inherit'],
  });
  closeSync(log);
  const stop = (): Promise<void> => end(child);
  try {
    await untilAccepted(child, `http://127.0.0.1:${port}${path}`, issuer);
  } catch (error) {
    await stop();
    throw new Error(`${name} did not start: ${String(error)}`, { cause: error });
  }
  const pid = child.pid ?? 0;
  pin(pid, CORE);
  return { id, name, port, pid, path, publicPaths, stop };
}

async function untilAccepted(child: ChildProcess, url: string, issuer: BenchedIssuer): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  let last: unknown;
  while (Date.now() < deadline && child.exitCode === null) {
    try {
      const response = await fetch(url, { headers: { authorization: `Bearer ${issuer.accessToken()}` } });
      if (response.ok) return;
      last = `${response.status} ${await response.text()}`;
    } catch (error) {
      last = error;
    }
    await delay(50);
  }
  throw new Error(`it accepts no token: ${String(last)}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}
