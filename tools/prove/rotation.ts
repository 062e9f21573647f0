import { parseArgs } from 'node:util';
import { openLoop } from '../../bench/load/open-loop.ts';
import { percentile, round } from '../../bench/load/statistics.ts';
import { machine, print, table, writeReport } from '../../bench/report.ts';
import { killFaults, type Kill } from './kill.ts';
import { AUTHS, GATEWAYS, RotationProof } from './rotation-proof.ts';

const { values: options } = parseArgs({
  options: {
    rotations: { type: 'string', default: '20' },
    apart: { type: 'string', default: '45' },
    'max-age': { type: 'string', default: '20' },
    kills: { type: 'string', default: '3' },
    rate: { type: 'string', default: '200' },
  },
});
const settings = {
  /** Four at least: one to ES256, one while a replica dies, one back. */
  rotations: Number(options.rotations),
  /** 20 times 45 s is longer than a retired key stays: the first ones are deleted while the requests go on. */
  apartSeconds: Number(options.apart),
  jwksMaxAgeSeconds: Number(options['max-age']),
  requestsPerSecond: Number(options.rate),
};
const KILLS = Number(options.kills);
const TOKENS_PER_SECOND = 10;
const VERIFICATIONS_PER_SECOND = 50;
const LOGINS = 5;

/** Of the gateways' key sets at one moment, how far apart the youngest and the oldest are. */
function spreadOf(agesMs: readonly number[]): number {
  const gateways = agesMs.slice(0, GATEWAYS);
  return Math.max(...gateways) - Math.min(...gateways);
}

/** Requests to the gateways, verifications, and new tokens, for as long as the keys rotate. */
async function prove(proof: RotationProof) {
  await proof.prepare(LOGINS);
  const end = new AbortController();
  const duration = { until: end.signal };
  const tokens = proof.pool.run(TOKENS_PER_SECOND, end.signal);
  const gateways = openLoop({
    perSecond: settings.requestsPerSecond,
    duration,
    request: (index) => proof.request(index),
  });
  const verifiers = openLoop({
    perSecond: VERIFICATIONS_PER_SECOND,
    duration,
    request: (index) => proof.verifyStrictly(index),
  });
  const deletions = await proof
    .rotateAll()
    .then(() => proof.deletions())
    .finally(() => end.abort());
  const [traffic, strict] = await Promise.all([gateways, verifiers, tokens]);
  const kills: Kill[] = [];
  for (let kill = 0; kill < KILLS; kill++) kills.push(await proof.revoke());
  return { traffic, strict, deletions, kills };
}

function faultsOf(
  { failures, switches, accepted, pool }: RotationProof,
  { traffic, strict, deletions, kills }: Awaited<ReturnType<typeof prove>>,
): readonly string[] {
  const faults: string[] = [];
  const first = (list: readonly unknown[]): string => JSON.stringify(list.slice(0, 5));
  if (failures.length > 0)
    faults.push(`${failures.length} valid tokens were refused or not answered: ${first(failures)}`);
  const failed = traffic.failures + strict.failures;
  if (failed > 0) faults.push(`${failed} requests and verifications did not end as they should`);
  if (pool.failures.length > 0)
    faults.push(`${pool.failures.length} token requests failed: ${first(pool.failures)}`);
  const unseen = switches.filter(({ kid }) => !accepted.has(kid)).map(({ kid }) => kid);
  if (unseen.length > 0) faults.push(`no token was accepted of ${unseen.join(', ')}`);
  // They were set apart at the start, and each is fetched at the same age: whatever brings them together shows.
  const apart = Math.min(...switches.map(({ keySetAgesMs }) => spreadOf(keySetAgesMs)));
  if (apart < (settings.jwksMaxAgeSeconds * 1_000) / 4)
    faults.push(
      `the key sets of the gateways are of one age: only ${apart} ms apart when a key began to sign`,
    );
  if (deletions.faulty.length > 0)
    faults.push(`keys are published longer than they are needed: ${deletions.faulty.join(', ')}`);
  return [...faults, ...kills.flatMap(killFaults)];
}

const on = machine();
const proof = await RotationProof.start(settings);
try {
  const result = await prove(proof);
  const { traffic, strict, deletions, kills } = result;
  const faults = faultsOf(proof, result);
  const { switches, pool, client } = proof;
  const accepted = Object.fromEntries(proof.accepted);
  const fetches = proof.strict.reduce((sum, verifier) => sum + verifier.fetches, 0);
  const latencyMs = (percent: number): number | null =>
    traffic.latenciesMs.length > 0 ? round(percentile(traffic.latenciesMs, percent), 1) : null;
  const load = {
    ...settings,
    requests: traffic.requests,
    failures: traffic.failures,
    p50Ms: latencyMs(50),
    p99Ms: latencyMs(99),
    strictVerifications: strict.requests,
    strictFailures: strict.failures,
    strictFetches: fetches,
    tokenRequests: pool.requests,
    tokenFailures: pool.failures.length,
    refreshes: pool.refreshes,
    sentAgain: client.repeated,
  };
  const { failures } = proof;
  const figures = { machine: on, load, switches, accepted, deletions, kills, failures, faults };
  const gateways = Array.from({ length: GATEWAYS }, (_, index) => `gateway ${index + 1}`);
  const verifiers = Array.from({ length: GATEWAYS }, (_, index) => `strict ${index + 1}`);
  writeReport('rotation', figures, [
    '# Keys that rotate without losing a request',
    '',
    `\`npm run prove:rotation\`, which writes this page: ${AUTHS} replicas of auth, ${GATEWAYS} of the gateway, PostgreSQL;`,
    `${settings.requestsPerSecond} requests a second at their appointed times, with valid tokens of all ages. A JWKS may be cached for`,
    `${settings.jwksMaxAgeSeconds} s. A request to a gateway is never sent again; a request to auth is, when the replica that it went to`,
    'has been killed and is not back. A strict verifier keeps each JWKS for exactly as long as it may, asks for no unknown',
    'key, and is told nothing.',
    '',
    ...table(
      ['what', 'number', 'failed'],
      [
        ['requests to the gateways', traffic.requests, traffic.failures],
        [`verifications by the strict verifiers, with ${fetches} fetches`, strict.requests, strict.failures],
        [`token requests, ${pool.refreshes} of them refreshes`, pool.requests, pool.failures.length],
        ['requests to auth that were sent again', client.repeated, '-'],
      ],
    ),
    '',
    `Latency of the requests to the gateways: p50 ${load.p50Ms} ms, p99 ${load.p99Ms} ms.`,
    '',
    ...table(
      ['what', 'algorithm', 'all replicas sign after ms', 'accepted requests with the key'],
      switches.map(({ what, alg, replicasMs, kid }) => [
        what,
        alg,
        Math.max(...replicasMs),
        proof.accepted.get(kid) ?? 0,
      ]),
    ),
    '',
    'Where a replica is started anew, its start is part of the time after which all replicas sign.',
    '',
    deletions.deleted.length > 0
      ? `Retired keys that were deleted while the requests went on: ${deletions.deleted.length}.`
      : `Not reached: the deletion of a retired key. The first would have been deleted at ${deletions.nextAt ?? 'no time'}.`,
    '',
    'How old the key sets were when the key began to sign, in ms:',
    '',
    ...table(
      ['what', ...gateways, ...verifiers],
      switches.map(({ what, keySetAgesMs }) => [what, ...keySetAgesMs]),
    ),
    '',
    'When the last request with a token of a revoked key was sent that was accepted, in ms from the start of the command',
    '(`keys revoke`, which first gets an access token) / from its answer; negative: before.',
    '',
    ...table(
      ['revocation', 'command took ms', ...gateways],
      kills.map(({ commandMs, gateways: each }, index) => [
        index + 1,
        commandMs,
        ...each.map(
          ({ fromStartMs, fromAnswerMs }) => `${fromStartMs ?? 'never'} / ${fromAnswerMs ?? 'never'}`,
        ),
      ]),
    ),
  ]);
  print(JSON.stringify({ load, deletions, kills }, undefined, 2));
  for (const fault of faults) print(`FAULT: ${fault}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  await proof.stop();
}
