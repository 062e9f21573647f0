import { describe, expect, it } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import { addProbeRoutes, type ProbeDetail } from './probe-routes.js';
import { Readiness } from './readiness.js';

const OUTAGE = 'connect ECONNREFUSED 10.0.0.7:5432';

function serverWith(check: () => void, detail: ProbeDetail): FastifyInstance {
  const readiness = new Readiness();
  readiness.register('keys', () => undefined);
  readiness.register('database', check);
  const server = fastify();
  addProbeRoutes(server, readiness, detail);
  return server;
}

const fails = (): void => {
  throw new Error(OUTAGE);
};

describe('the probes', () => {
  it('say ready when every check passes', async () => {
    const response = await serverWith(() => undefined, 'checks').inject('/readyz');
    expect([response.statusCode, response.json()]).toEqual([
      200,
      { status: 'ready', checks: { keys: 'ok', database: 'ok' } },
    ]);
  });

  it('say to operators what fails and why', async () => {
    const response = await serverWith(fails, 'checks').inject('/readyz');
    expect([response.statusCode, response.json()]).toEqual([
      503,
      { status: 'unready', checks: { keys: 'ok', database: OUTAGE } },
    ]);
  });

  it('say no more than that to the public', async () => {
    const response = await serverWith(fails, 'status').inject('/readyz');
    expect([response.statusCode, response.json()]).toEqual([503, { status: 'unready' }]);
  });

  it('say that the process runs, whatever fails', async () => {
    expect((await serverWith(fails, 'status').inject('/healthz')).statusCode).toBe(200);
  });
});
