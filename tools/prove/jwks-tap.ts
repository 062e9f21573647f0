import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where one gateway fetches the issuer's keys: it hands the answer through, keeps nothing, and notes the time. */
export class JwksTap {
  private readonly server: Server = createServer((_request, response) => void this.pass(response));
  private readonly source: string;
  private answeredAtMs = Number.NEGATIVE_INFINITY;

  private constructor(issuer: string) {
    this.source = `${issuer}/.well-known/jwks.json`;
  }

  static async start(issuer: string): Promise<JwksTap> {
    const tap = new JwksTap(issuer);
    tap.server.listen(0, '127.0.0.1');
    await once(tap.server, 'listening');
    return tap;
  }

  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}/jwks.json`;
  }

  get ageMs(): number {
    return performance.now() - this.answeredAtMs;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async pass(response: ServerResponse): Promise<void> {
    try {
      const answer = await fetch(this.source);
      const text = await answer.text();
      const cacheControl = answer.headers.get('cache-control') ?? 'no-store';
      response.writeHead(answer.status, {
        'content-type': 'application/jwk-set+json',
        'cache-control': cacheControl,
      });
      response.end(text);
      this.answeredAtMs = performance.now();
    } catch {
      response.destroy(); // what the gateway would see without us
    }
  }
}
