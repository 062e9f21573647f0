import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { calculateJwkThumbprint } from 'jose';
import { z } from 'zod';
import { readOrCreate } from '../data-folder/read-or-create.js';

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
  const { kty, crv, x, y } = privateJwk.parse(JSON.parse(readOrCreate(file, newPrivateJwk)));
  const kid = await calculateJwkThumbprint({ kty, crv, x, y });
  return { kid, kty, crv, x, y, alg: ALGORITHM, use: 'sig' };
}

function newPrivateJwk(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return JSON.stringify(privateKey.export({ format: 'jwk' }));
}
