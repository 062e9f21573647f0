import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IssuerKeys } from './issuer-keys.js';

/** Longer than the pause between two attempts. */
const PATIENCE_MS = 600;

describe('the keys of an issuer that does not answer', () => {
  const pending: ServerResponse[] = [];
  const server = createServer((_request, response) => void pending.push(response));

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterAll(() => void server.close());

  it('are not asked for again by an app that was shut down while it waited', async () => {
    const { port } = server.address() as AddressInfo;
    const keys = new IssuerKeys({
      issuer: 'https://issuer.example',
      jwksUri: `http://127.0.0.1:${port}/keys`,
    });
    keys.onApplicationBootstrap();
    await once(server, 'request');
    keys.onApplicationShutdown();
    pending[0]?.writeHead(503).end();
    await delay(PATIENCE_MS);
    expect(pending).toHaveLength(1);
  });
});
