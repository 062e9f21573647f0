import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TokenForge } from '@countersign/auth/testing';

/** An issuer with discovery and a JWKS whose keys and tokens the test makes. It counts how often its keys are fetched. */
export class FakeIssuer {
  jwksFetches = 0;
  readonly forge: TokenForge;
  private readonly server: Server;

  private constructor(server: Server, forge: TokenForge) {
    this.server = server;
    this.forge = forge;
  }

  static async start(audience: string): Promise<FakeIssuer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://localhost:${(server.address() as AddressInfo).port}`;
    const fake = new FakeIssuer(server, new TokenForge({ issuer: url, audience, now: Date.now }));
    server.on('request', (request, response) => {
      response.setHeader('content-type', 'application/json');
      if (request.url === '/.well-known/openid-configuration') {
        response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/jwks` }));
      } else if (request.url === '/jwks') {
        fake.jwksFetches++;
        response.end(JSON.stringify(fake.forge.jwks()));
      } else {
        response.writeHead(404).end();
      }
    });
    return fake;
  }

  get url(): string {
    return this.forge.options.issuer;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
