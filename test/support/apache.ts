import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const MODULES = '/usr/lib/apache2/modules';
const MODULE = `${MODULES}/mod_auth_openidc.so`;
const START_ATTEMPTS = 100;
const RETRY_MS = 50;

/** Why there is no Apache with mod_auth_openidc to test with; undefined when there is one. */
export function missingApache(): string | undefined {
  if (spawnSync('apache2', ['-v']).error !== undefined) return 'apache2 is not installed';
  return existsSync(MODULE) ? undefined : 'libapache2-mod-auth-openidc is not installed';
}

/**
 * Debian's Apache in the foreground, in a folder of its own, in front of an application that answers with the
 * headers that it gets.
 */
export class Apache {
  readonly folder: string;
  private readonly server: ChildProcess;
  private readonly application: Server;

  private constructor(folder: string, server: ChildProcess, application: Server) {
    this.folder = folder;
    this.server = server;
    this.application = application;
  }

  /**
   * @param ports on which it listens; the first shows that it is up
   * @param directives in `<VirtualHost>`s; `@APPLICATION@` stands for the application, and the folder has
   *   `tls.crt` and `tls.key` for localhost
   * @throws Error with Apache's log when it does not come up
   */
  static async start(ports: readonly number[], directives: string): Promise<Apache> {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-apache-'));
    const application = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(request.headers));
    });
    application.listen(0, '127.0.0.1');
    await once(application, 'listening');
    const { port } = application.address() as AddressInfo;
    chmodSync(folder, 0o711); // its workers have an account of their own, and read the certificate
    makeCertificate(folder);
    const file = join(folder, 'apache2.conf');
    writeFileSync(file, configuration(folder, ports, port, directives));
    const server = spawn('apache2', ['-DFOREGROUND', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    let printed = '';
    server.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    const apache = new Apache(folder, server, application);
    for (let attempt = 0; attempt < START_ATTEMPTS && server.exitCode === null; attempt++) {
      if (await answers(ports[0])) return apache;
      await delay(RETRY_MS);
    }
    const log = apache.log();
    await apache.dispose();
    throw new Error(`Apache did not come up:\n${printed}${log}`);
  }

  /** Its error log, in which mod_auth_openidc writes. */
  log(): string {
    const file = join(this.folder, 'error.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  async dispose(): Promise<void> {
    if (this.server.exitCode === null) {
      this.server.kill('SIGTERM');
      await once(this.server, 'exit');
    }
    this.application.closeAllConnections();
    this.application.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A certificate for localhost that vouches for itself. */
function makeCertificate(folder: string): void {
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost';
  const names = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', 'tls.key', '-out', 'tls.crt'];
  const { status, stderr } = spawnSync('openssl', [...request.split(' '), ...names], { cwd: folder });
  if (status !== 0) throw new Error(`no certificate: ${String(stderr)}`);
}

async function answers(port: number | undefined): Promise<boolean> {
  try {
    await (await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' })).body?.cancel();
    return true;
  } catch {
    return false; // it does not listen yet
  }
}

function configuration(
  folder: string,
  ports: readonly number[],
  applicationPort: number,
  directives: string,
): string {
  const modules = [
    'mpm_event',
    'authn_core',
    'authz_core',
    'authz_user',
    'proxy',
    'proxy_http',
    'socache_shmcb',
    'ssl',
    'auth_openidc',
  ];
  return `
ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/apache2.pid
ErrorLog ${folder}/error.log
LogLevel warn
ServerName 127.0.0.1
User www-data
Group www-data
${modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
${ports.map((port) => `Listen 127.0.0.1:${port}`).join('\n')}
${directives.replaceAll('@APPLICATION@', `http://127.0.0.1:${applicationPort}/`)}
`;
}
