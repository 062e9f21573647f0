import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPublicKey } from 'node:crypto';
import { TokenForge } from '@countersign/auth/testing';
import { z } from 'zod';
import { TestStack } from '../../test/support/test-stack.ts';

const keySet = z.object({ keys: z.array(z.record(z.string(), z.unknown())) });

/** Within what the gateway takes; longer than any workload here. */
const TOKEN_SECONDS = 600;
const SCOPE = 'orders:read payments:read';

/**
 * A real auth, on its embedded database or on PostgreSQL: its events are heard, and opaque tokens are its own. The
 * access tokens are signed here, in its name and as many as it takes, with a key of 2,048 bits that the key set has
 * besides auth's own: a server for key sets stands before auth's, and counts.
 */
export class BenchedIssuer {
  readonly stack: TestStack;
  private readonly keys: Server;
  private readonly forge: TokenForge;
  private readonly fetches = new Map<string, number>();

  private constructor(stack: TestStack, keys: Server, forge: TokenForge) {
    this.stack = stack;
    this.keys = keys;
    this.forge = forge;
  }

  static async start(): Promise<BenchedIssuer> {
    const stack = await TestStack.prepare({ environment: { LOG_LEVEL: 'warn' } });
    await stack.start(['auth']);
    const forge = new TokenForge({ issuer: stack.issuer, audience: stack.api, now: Date.now });
    const published = await fetch(`${stack.issuer}/.well-known/jwks.json`);
    for (const jwk of keySet.parse(await published.json()).keys) forge.publish(jwk);
    const server = createServer();
    const issuer = new BenchedIssuer(stack, server, forge);
    server.on('request', ({ url = '' }, response) => {
      const [, name = ''] = url.split('/');
      issuer.fetches.set(name, issuer.fetchesBy(name) + 1);
      response.setHeader('content-type', 'application/json').end(JSON.stringify(forge.jwks()));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return issuer;
  }

  get url(): string {
    return this.stack.issuer;
  }

  get audience(): string {
    return this.stack.api;
  }

  /** The key set of one contestant is at `/.well-known/jwks.json` below it. */
  keysOrigin(contestant: string): string {
    return `http://127.0.0.1:${(this.keys.address() as AddressInfo).port}/${contestant}`;
  }

  /** How often a contestant has fetched the key set. */
  fetchesBy(contestant: string): number {
    return this.fetches.get(contestant) ?? 0;
  }

  publicKeyPem(): string {
    return String(
      createPublicKey({ key: this.forge.key.publicJwk, format: 'jwk' }).export({
        format: 'pem',
        type: 'spki',
      }),
    );
  }

  /** An access token that nobody has seen yet. */
  accessToken(): string {
    return this.forge.accessToken({ claims: this.claims() });
  }

  /** The same, of a key that no set has, under a `kid` that nobody has seen. */
  tokenOfUnknownKid(): string {
    return this.forge.accessToken({ header: { kid: crypto.randomUUID() }, claims: this.claims() });
  }

  async stop(): Promise<void> {
    this.keys.close();
    this.keys.closeAllConnections();
    await this.stack.dispose();
  }

  private claims(): Readonly<Record<string, unknown>> {
    return { scope: SCOPE, exp: Math.floor(Date.now() / 1_000) + TOKEN_SECONDS };
  }
}
