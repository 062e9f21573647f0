import type { FastifyInstance } from 'fastify';
import type { Readiness, ReadinessReport } from './readiness.js';

/** `checks` names what fails and why, which is for operators; on a public port `status` has to do. */
export type ProbeDetail = 'status' | 'checks';

/**
 * `GET /healthz` (the process runs) and `GET /readyz` (it can do its work; else 503). They are routes of the HTTP
 * server itself and not Nest handlers: a probe carries no identity, and no guard has to make an exception for it.
 */
export function addProbeRoutes(
  server: Pick<FastifyInstance, 'get'>,
  readiness: Pick<Readiness, 'report'>,
  detail: ProbeDetail,
): void {
  server.get('/healthz', () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const report = await readiness.report();
    return reply.status(report.status === 'ready' ? 200 : 503).send(shown(report, detail));
  });
}

function shown(
  report: ReadinessReport,
  detail: ProbeDetail,
): ReadinessReport | Pick<ReadinessReport, 'status'> {
  return detail === 'checks' ? report : { status: report.status };
}
