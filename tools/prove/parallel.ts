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

const live = z.array(z.object({ grant_id: z.string(), live: z.coerce.number() }));

interface Outcome {
  /** How many distinct tokens the 20 uses were answered with. */
  readonly distinct: number;
  readonly succeeded: number;
  readonly refused: number;
  /** Answers that are neither a success nor `invalid_grant`. */
  readonly others: readonly string[];
  readonly elapsedMs: number;
}

/** The same request 20 times at once, in turn to each replica. */
async function useAtOnce(send: (replica: number) => Promise<TokenAnswer>): Promise<Outcome> {
  const began = performance.now();
  const answers = await Promise.all(Array.from({ length: USES }, (_, index) => send(index % REPLICAS)));
  const elapsedMs = performance.now() - began;
  const successes = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(
    ({ status, body }) => status === 400 && Reflect.get(Object(body), 'error') === 'invalid_grant',
  );
  const others = answers.filter((answer) => !successes.includes(answer) && !refused.includes(answer));
  return {
    distinct: new Set(successes.map(({ body }) => tokens.parse(body).refresh_token)).size,
    succeeded: successes.length,
    refused: refused.length,
    others: others.map(({ status, body }) => `${status} ${JSON.stringify(body)}`),
    elapsedMs,
  };
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
      return useAtOnce((replica) => tokenRequest(this.cluster.authAddress(replica), parameters));
    });
  }

  codes(): Promise<readonly Outcome[]> {
    return this.forEachFamily('code', async (client) => {
      const code = await client.obtainCode('customer@example.com');
      return useAtOnce((replica) => client.exchange(code, {}, this.cluster.authAddress(replica)));
    });
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
  return {
    families: outcomes.length,
    uses: outcomes.length * USES,
    succeeded: sum(({ succeeded }) => succeeded),
    refused: sum(({ refused }) => refused),
    others: outcomes.flatMap(({ others }) => others),
    /** Families whose successes name exactly one successor. */
    withOneSuccessor: outcomes.filter(({ distinct }) => distinct === 1).length,
    withOneSuccess: outcomes.filter(({ succeeded }) => succeeded === 1).length,
    p50Ms: round(percentile(times, 50)),
    p99Ms: round(percentile(times, 99)),
  };
}

const on = machine();
const proof = await Proof.start();
const faults: string[] = [];
try {
  const refresh = summaryOf(await proof.refreshes());
  const refreshForks = await proof.forks();
  const code = summaryOf(await proof.codes());
  const forks = await proof.forks();
  if (refresh.withOneSuccessor !== refresh.families)
    faults.push('a refresh token had several successors, or none');
  if (code.withOneSuccess !== code.families) faults.push('a code was redeemed more than once, or never');
  if (refreshForks + forks > 0) faults.push(`${refreshForks + forks} families are forked in the database`);
  if (refresh.others.length + code.others.length > 0) faults.push('there were answers of another kind');
  const figures = { machine: on, uses: USES, replicas: REPLICAS, refresh, refreshForks, code, forks, faults };
  writeReport('parallel', figures, [
    '# One use, however many come at once',
    '',
    `\`npm run prove:parallel\`, which writes this page: ${FAMILIES} refresh tokens and as many codes, each sent ${USES} times`,
    `at once to ${REPLICAS} replicas of the issuer on one PostgreSQL. Within the grace a repeated refresh is answered with`,
    'the same successor, so that several answers can be successes; they name one token.',
    '',
    ...table(
      ['what', 'tokens', 'uses', 'with one successor', 'with one success', 'successes', 'refused', 'forks'],
      [['refresh', refresh, refreshForks] as const, ['code', code, forks] as const].map(
        ([what, summary, forked]) => [
          what,
          summary.families,
          summary.uses,
          summary.withOneSuccessor,
          summary.withOneSuccess,
          summary.succeeded,
          summary.refused,
          forked,
        ],
      ),
    ),
    '',
    '```text',
    JSON.stringify(on),
    '```',
  ]);
  print(JSON.stringify({ refresh, refreshForks, code, forks }, undefined, 2));
} finally {
  await proof.stop();
}
for (const fault of faults) print(`FAULT: ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
