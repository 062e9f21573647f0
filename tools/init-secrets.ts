import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureDevelopmentCertificates } from '@countersign/platform/workload-certificates';

/**
 * Makes the secrets of a container installation on its first start: a folder for each service, which is a volume
 * that this service alone mounts. Every later start finds them and changes nothing, except that certificates in
 * their last 30 days are renewed.
 *
 * `authority/` (the development CA's key) is mounted by nobody else.
 */
const ROOT = process.env['SECRETS_DIR'] || '/secrets';
const TRUST_DOMAIN = process.env['TRUST_DOMAIN'] || 'countersign.local';
const WORKLOADS = ['gateway', 'orders', 'payments'];
const DATABASES = ['auth', 'orders', 'payments'];
const CACHE_CLIENTS = ['auth', 'gateway'];

const SECRET_BYTES = 32;
/** The apps run as the same account as this process. */
const OWNER_ONLY = 0o600;
/** PostgreSQL and Redis run as accounts of their own images; who mounts the volume decides who can read. */
const ANY_ACCOUNT = 0o644;

function write(file: string, content: string, mode: number): void {
  const path = join(ROOT, file);
  if (existsSync(path) && readFileSync(path, 'utf8') === content) return;
  mkdirSync(dirname(path), { recursive: true });
  // Aside and renamed: an interrupted start leaves no half of a secret.
  writeFileSync(`${path}.new`, content, { mode });
  renameSync(`${path}.new`, path);
  process.stdout.write(`init: wrote ${file}\n`);
}

/** The secret that the file holds, made on first start. */
function secret(file: string, mode: number): string {
  const path = join(ROOT, file);
  if (!existsSync(path)) write(file, randomBytes(SECRET_BYTES).toString('base64url'), mode);
  return readFileSync(path, 'utf8');
}

async function certificates(workload: string, use: 'tls' | 'signature', name: string): Promise<void> {
  const files = await ensureDevelopmentCertificates({
    directory: join(ROOT, 'authority'),
    trustDomain: TRUST_DOMAIN,
    workload,
    use,
  });
  write(`${workload}/${name}.crt`, readFileSync(files.certFile, 'utf8'), OWNER_ONLY);
  write(`${workload}/${name}.key`, readFileSync(files.keyFile, 'utf8'), OWNER_ONLY);
  if (use === 'tls') write(`${workload}/ca.crt`, readFileSync(files.caFile, 'utf8'), OWNER_ONLY);
}

// One after the other: the first makes the authority that signs them all.
for (const workload of WORKLOADS) await certificates(workload, 'tls', 'tls');
await certificates('gateway', 'signature', 'transaction-token');

secret('auth/key-encryption-key', OWNER_ONLY);
secret('gateway/dpop-nonce-key', OWNER_ONLY);

secret('postgres/superuser-password', ANY_ACCOUNT);
for (const name of DATABASES) {
  const password = secret(`postgres/roles/${name}`, ANY_ACCOUNT);
  write(`${name}/database-url`, `postgres://${name}:${password}@postgres:5432/${name}`, OWNER_ONLY);
}

const redisPassword = secret('redis/password', ANY_ACCOUNT);
write(
  'redis/redis.conf',
  // Counters and replay records live for minutes: nothing is written to disk.
  `bind 0.0.0.0\nrequirepass ${redisPassword}\nsave ""\nappendonly no\n`,
  ANY_ACCOUNT,
);
for (const name of CACHE_CLIENTS)
  write(`${name}/redis-url`, `redis://:${redisPassword}@redis:6379`, OWNER_ONLY);

process.stdout.write('init: every service has its secrets\n');
