import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TokenForge } from '@countersign/auth/testing';

/**
 * An issuer with discovery, a JWKS whose keys and tokens the test makes, introspection that says what the test wants, and
 * an event stream on which nothing happens. It counts how often its keys are fetched and its tokens introspected.
 */
export class FakeIssuer {
  jwksFetches = 0;
  introspections = 0;
  /** Answers introspections; until the test says otherwise, every token is inactive. */
  introspect: RequestListener = (_request, response) => response.end('{"active":false}');
  /** What its discovery document calls it. */
  name: string;
  readonly forge: TokenForge;
  private readonly server: Server;

  private constructor(server: Server, forge: TokenForge) {
    this.server = server;
    this.forge = forge;
    this.name = forge.options.issuer;
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
        const endpoints = { jwks_uri: `${url}/jwks`, introspection_endpoint: `${url}/look-up` };
        response.end(JSON.stringify({ issuer: fake.name, ...endpoints }));
      } else if (request.url === '/jwks') {
        fake.jwksFetches++;
        response.end(JSON.stringify(fake.forge.jwks()));
      } else if (request.url === '/look-up') {
        fake.introspections++;
        fake.introspect(request, response);
      } else if (request.url?.startsWith('/events/streams/')) {
        response.end('{"sets":{}}');
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
