import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { z } from 'zod';
import type { ReplicaClient } from './replica-client.ts';

const jwks = z.looseObject({ keys: z.array(z.looseObject({ kid: z.string() })).min(1) });

/**
 * The strictest verifier that an issuer has to reckon with (RFC 9111 §5.2.2.1): it keeps a key set for exactly as long as
 * the answer allows, and never asks sooner, whatever `kid` it meets. Nothing is pushed to it.
 */
export class StrictVerifier {
  fetches = 0;
  private readonly issuer: string;
  private readonly audience: string;
  private readonly client: ReplicaClient;
  private set:
    { readonly keys: JSONWebKeySet; readonly fromMs: number; readonly untilMs: number } | undefined;
  private fetching: Promise<void> | undefined;

  constructor(options: {
    readonly issuer: string;
    readonly audience: string;
    readonly client: ReplicaClient;
  }) {
    this.issuer = options.issuer;
    this.audience = options.audience;
    this.client = options.client;
  }

  /** Of the key set, in milliseconds; infinite before the first. */
  get ageMs(): number {
    return performance.now() - (this.set?.fromMs ?? Number.NEGATIVE_INFINITY);
  }

  /** @throws Error when the token is refused, or no key set can be fetched */
  async verify(token: string): Promise<void> {
    if (this.set === undefined || performance.now() >= this.set.untilMs) {
      this.fetching ??= this.fetch().finally(() => {
        this.fetching = undefined;
      });
      await this.fetching;
    }
    const keys = createLocalJWKSet(this.set?.keys ?? { keys: [] });
    await jwtVerify(token, keys, { issuer: this.issuer, audience: this.audience, typ: 'at+jwt' });
  }

  private async fetch(): Promise<void> {
    const { status, headers, text } = await this.client.send('/.well-known/jwks.json', { method: 'GET' });
    const maxAge = /max-age=(\d+)/.exec(headers['cache-control'] ?? '')?.[1];
    if (status !== 200 || maxAge === undefined) throw new Error(`the JWKS is ${status} ${text}`);
    const fromMs = performance.now();
    this.set = { keys: jwks.parse(JSON.parse(text)), fromMs, untilMs: fromMs + Number(maxAge) * 1_000 };
    this.fetches++;
  }
}
