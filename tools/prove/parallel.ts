import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { z } from 'zod';
import { machine, print, table, writeReport } from '../../bench/report.ts';
import { percentile, round } from '../../bench/load/statistics.ts';
import { DemoWebClient } from '../../test/support/demo-web-client.ts';
import { tokenRequest, tokens, type TokenAnswer } from '../../test/support/token-endpoint.ts';
import { Cluster } from './cluster.ts';

const { values: options } = parseArgs({ options: { families: { type: 'string', default: '1000' } } });
const FAMILIES = Number(options.families);
const USES = 20;
const REPLICAS = 2;
/** Families at a time: more would wait for argon2id, and the uses of one for those of another. */
const FAMILIES_AT_ONCE = 4;

/** REUSE_GRACE_SECONDS of refresh-token-store.ts: for so long every use of a token is answered with its successor. */
const GRACE_MS = 5_000;
/** Of the bursts, so many have to be over within the grace: a longer one says nothing of it. */
const MIN_JUDGED = 0.9;

const live = z.array(z.object({ grant_id: z.string(), live: z.coerce.number() }));

interface Burst {
  /** The distinct refresh tokens that the uses were answered with. */
  readonly successors: readonly string[];
  readonly succeeded: number;
  readonly refused: number;
  /** Answers that are neither a success nor `invalid_grant`. */
  readonly others: readonly string[];
  readonly elapsedMs: number;
}

interface Outcome extends Burst {
  /** What the one successor was worth afterwards: a use of its own, or that it was refused. */
  readonly afterwards: 'good' | 'ended' | 'neither';
}

/** The same request 20 times at once, in turn to each replica. */
async function useAtOnce(send: (replica: number) => Promise<TokenAnswer>): Promise<Burst> {
  const began = performance.now();
  const answers = await Promise.all(Array.from({ length: USES }, (_, index) => send(index % REPLICAS)));
  const elapsedMs = performance.now() - began;
  const successes = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(isInvalidGrant);
  const others = answers.filter((answer) => !successes.includes(answer) && !refused.includes(answer));
  return {
    successors: [...new Set(successes.map(({ body }) => tokens.parse(body).refresh_token))],
    succeeded: successes.length,
    refused: refused.length,
    others: others.map(({ status, body }) => `${status} ${JSON.stringify(body)}`),
    elapsedMs,
  };
}

function isInvalidGrant({ status, body }: TokenAnswer): boolean {
  return status === 400 && Reflect.get(Object(body), 'error') === 'invalid_grant';
}

class Proof {
  private readonly cluster: Cluster;
  private readonly clients: readonly DemoWebClient[];
  private readonly database: Client;

  private constructor(cluster: Cluster, database: Client) {
    this.cluster = cluster;
    this.database = database;
    this.clients = Array.from({ length: FAMILIES_AT_ONCE }, () => new DemoWebClient(cluster.issuer));
  }

  static async start(): Promise<Proof> {
    const cluster = await Cluster.start({
      auths: Array.from({ length: REPLICAS }, () => ({})),
      gateways: [],
    });
    const database = new Client({ connectionString: cluster.databaseUrl('auth') });
    await database.connect();
    return new Proof(cluster, database);
  }

  async stop(): Promise<void> {
    await this.database.end();
    await this.cluster.dispose();
  }

  /** Each family is a login of its own. */
  refreshes(): Promise<readonly Outcome[]> {
    return this.forEachFamily('refresh', async (client) => {
      const { refresh_token: refreshToken } = await client.logIn('customer@example.com');
      const parameters = { grant_type: 'refresh_token', client_id: 'demo-web', refresh_token: refreshToken };
      const burst = await useAtOnce((replica) => tokenRequest(this.cluster.authAddress(replica), parameters));
      return this.useSuccessor(burst);
    });
  }

  codes(): Promise<readonly Outcome[]> {
    return this.forEachFamily('code', async (client) => {
      const code = await client.obtainCode('customer@example.com');
      const burst = await useAtOnce((replica) =>
        client.exchange(code, {}, this.cluster.authAddress(replica)),
      );
      return this.useSuccessor(burst);
    });
  }

  /** Once, after the burst: a family that the burst has ended cannot pass for one that it has left alone. */
  private async useSuccessor(burst: Burst): Promise<Outcome> {
    const [refreshToken, ...more] = burst.successors;
    if (refreshToken === undefined || more.length > 0) return { ...burst, afterwards: 'neither' };
    const parameters = { grant_type: 'refresh_token', client_id: 'demo-web', refresh_token: refreshToken };
    const answer = await tokenRequest(this.cluster.issuer, parameters);
    const afterwards = answer.status === 200 ? 'good' : isInvalidGrant(answer) ? 'ended' : 'neither';
    return { ...burst, afterwards };
  }

  /** Families with more than one refresh token that can still be used. */
  async forks(): Promise<number> {
    const { rows } = await this.database.query(
      `SELECT grant_id, count(*) AS live FROM artefacts
       WHERE model = 'RefreshToken' AND consumed_at IS NULL GROUP BY grant_id HAVING count(*) > 1`,
    );
    return live.parse(rows).length;
  }

  private async forEachFamily(
    what: string,
    prove: (client: DemoWebClient) => Promise<Outcome>,
  ): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    let next = 0;
    await Promise.all(
      this.clients.map(async (client) => {
        while (next++ < FAMILIES) {
          outcomes.push(await prove(client));
          if (outcomes.length % 100 === 0) print(`${what}: ${outcomes.length} of ${FAMILIES}`);
        }
      }),
    );
    return outcomes;
  }
}

function summaryOf(outcomes: readonly Outcome[]) {
  const times = outcomes.map(({ elapsedMs }) => elapsedMs).toSorted((one, other) => one - other);
  const sum = (count: (outcome: Outcome) => number): number =>
    outcomes.reduce((total, outcome) => total + count(outcome), 0);
  const having = (condition: (outcome: Outcome) => boolean): number => outcomes.filter(condition).length;
  return {
    families: outcomes.length,
    uses: outcomes.length * USES,
    succeeded: sum(({ succeeded }) => succeeded),
    refused: sum(({ refused }) => refused),
    others: outcomes.flatMap(({ others }) => others),
    /** Families whose successes name exactly one successor. */
    withOneSuccessor: having(({ successors }) => successors.length === 1),
    withOneSuccess: having(({ succeeded }) => succeeded === 1),
    successorGood: having(({ afterwards }) => afterwards === 'good'),
    successorEnded: having(({ afterwards }) => afterwards === 'ended'),
    p50Ms: round(percentile(times, 50)),
    p99Ms: round(percentile(times, 99)),
  };
}

/** Of the bursts that were over within the grace: none may have a use refused, and each successor is good. */
function withinGrace(outcomes: readonly Outcome[]) {
  const judged = outcomes.filter(({ elapsedMs }) => elapsedMs < GRACE_MS);
  return {
    bursts: judged.length,
    withRefusals: judged.filter(({ refused }) => refused > 0).length,
    withSuccessorNoGood: judged.filter(({ afterwards }) => afterwards !== 'good').length,
  };
}

type Summary = ReturnType<typeof summaryOf>;

function refreshFaults(refresh: Summary, grace: ReturnType<typeof withinGrace>): readonly string[] {
  const faults: string[] = [];
  if (refresh.withOneSuccessor !== refresh.families)
    faults.push('a refresh token had several successors, or none');
  if (grace.withRefusals > 0)
    faults.push(`within the grace, uses of ${grace.withRefusals} refresh tokens were refused`);
  if (grace.withSuccessorNoGood > 0)
    faults.push(
      `within the grace, the successors of ${grace.withSuccessorNoGood} refresh tokens were no good`,
    );
  if (grace.bursts < refresh.families * MIN_JUDGED)
    faults.push(`only ${grace.bursts} of ${refresh.families} bursts were over within the grace`);
  if (refresh.others.length > 0) faults.push(`refreshes had answers of another kind: ${refresh.others[0]}`);
  return faults;
}

/** RFC 6749 §4.1.2, BCP-21: the second use of a code ends what the first one got. */
function codeFaults(code: Summary): readonly string[] {
  const faults: string[] = [];
  if (code.withOneSuccess !== code.families) faults.push('a code was redeemed more than once, or never');
  if (code.successorEnded !== code.families)
    faults.push(`${code.families - code.successorEnded} families outlived the second use of their code`);
  if (code.others.length > 0) faults.push(`codes had answers of another kind: ${code.others[0]}`);
  return faults;
}

const on = machine();
const proof = await Proof.start();
try {
  const refreshes = await proof.refreshes();
  const refresh = summaryOf(refreshes);
  const grace = withinGrace(refreshes);
  const refreshForks = await proof.forks();
  const code = summaryOf(await proof.codes());
  const forks = await proof.forks();
  const forked = refreshForks + forks;
  const faults = [
    ...refreshFaults(refresh, grace),
    ...codeFaults(code),
    ...(forked > 0 ? [`${forked} families are forked in the database`] : []),
  ];
  const figures = {
    machine: on,
    uses: USES,
    replicas: REPLICAS,
    refresh,
    grace,
    refreshForks,
    code,
    forks,
    faults,
  };
  writeReport('parallel', figures, [
    '# One use, however many come at once',
    '',
    `\`npm run prove:parallel\`, which writes this page: ${FAMILIES} refresh tokens and as many codes, each sent ${USES} times`,
    `at once to ${REPLICAS} replicas of the issuer on one PostgreSQL. Then the successor, or the refresh token that the code`,
    `got, is used once.`,
    '',
    `Within the grace of ${GRACE_MS / 1_000} s every use of a refresh token is answered with the same successor, so that several`,
    'answers can be successes; they name one token, which is good afterwards. A code succeeds once, and its second use ends',
    'what the first one got: the refresh token is refused afterwards.',
    '',
    ...table(
      [
        'what',
        'tokens',
        'uses',
        'succeeded',
        'refused',
        'one successor',
        'one success',
        'good afterwards',
        'ended',
        'forks',
        'burst p50 ms',
        'p99 ms',
      ],
      [['refresh', refresh, refreshForks] as const, ['code', code, forks] as const].map(
        ([what, summary, forksOfIt]) => [
          what,
          summary.families,
          summary.uses,
          summary.succeeded,
          summary.refused,
          summary.withOneSuccessor,
          summary.withOneSuccess,
          summary.successorGood,
          summary.successorEnded,
          forksOfIt,
          summary.p50Ms,
          summary.p99Ms,
        ],
      ),
    ),
    '',
    `Bursts of refreshes that were over within the grace, and are judged by it: ${grace.bursts} of ${refresh.families}.`,
  ]);
  print(JSON.stringify({ refresh, grace, refreshForks, code, forks }, undefined, 2));
  for (const fault of faults) print(`FAULT: ${fault}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  await proof.stop();
}
