import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';

const ALGORITHM = 'ES256';
const FILE = 'demo-backend.jwk.json';

const privateJwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
});

export type PublicJwk = Omit<z.output<typeof privateJwk>, 'd'> & {
  readonly kid: string;
  readonly alg: string;
  readonly use: 'sig';
};

/**
 * The public key with which the client demo-backend authenticates. Its private key is made on first start and lies in
 * the data folder, where whoever plays the client finds it: none is published with the source.
 */
export async function loadOrCreateDemoBackendKey(dataDir: string): Promise<PublicJwk> {
  const file = join(dataDir, 'auth', FILE);
  const { kty, crv, x, y } = privateJwk.parse(JSON.parse(await readOrCreate(file)));
  const kid = await calculateJwkThumbprint({ kty, crv, x, y });
  return { kid, kty, crv, x, y, alg: ALGORITHM, use: 'sig' };
}

/** `wx` lets one of several processes write; the others read what it wrote. */
async function readOrCreate(file: string): Promise<string> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) {
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    try {
      writeFileSync(file, JSON.stringify(await exportJWK(privateKey)), { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return readFileSync(file, 'utf8');
}
