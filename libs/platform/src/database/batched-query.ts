import type { Orm } from './orm.js';
import { statement } from './statement.js';

/** A query that takes longer is not waited for by the next: it may be one whose connection is dead. */
const MAX_WAIT_MS = 50;

/** What tells requests apart, and says which row answers which. */
export interface BatchKeys<Request, Row> {
  readonly ofRequest: (request: Request) => string;
  readonly ofRow: (row: Row) => string;
}

interface Waiting<Request, Row> {
  readonly request: Request;
  readonly resolve: (row: Row | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A query for many that each want one row. Requests of one turn of the event loop go together, and those that come while
 * a query is under way go with the next one: the busier the process, the fewer queries a request takes; an idle one does
 * not wait. Each sees what was committed before it was asked.
 */
export class BatchedQuery<Request, Row> {
  private waiting: Waiting<Request, Row>[] = [];
  private isBusy = false;

  /** @param query is given requests that differ in their keys; one that fails may be sent again for each alone */
  constructor(
    private readonly query: (requests: readonly Request[]) => Promise<readonly Row[]>,
    private readonly keys: BatchKeys<Request, Row>,
  ) {}

  ask(request: Request): Promise<Row | undefined> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ request, resolve, reject });
      if (this.isBusy) return;
      this.isBusy = true;
      // Those whose last query was the same one ask for the next thing together.
      setImmediate(() => this.next());
    });
  }

  private next(): void {
    const batch = this.waiting;
    this.isBusy = batch.length > 0;
    if (!this.isBusy) return;
    this.waiting = [];
    let isOver = false;
    const goOn = (): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      this.next();
    };
    const timer = setTimeout(goOn, MAX_WAIT_MS);
    void this.answer(batch).finally(goOn);
  }

  private async answer(batch: readonly Waiting<Request, Row>[]): Promise<void> {
    const { ofRequest, ofRow } = this.keys;
    try {
      const requests = new Map(batch.map(({ request }) => [ofRequest(request), request]));
      const rows = new Map((await this.query([...requests.values()])).map((row) => [ofRow(row), row]));
      for (const { request, resolve } of batch) resolve(rows.get(ofRequest(request)));
    } catch (error) {
      // A key that the database cannot read, such as one with a NUL in it, is the fault of who asked for it alone.
      if (batch.length > 1) await Promise.all(batch.map((one) => this.answer([one])));
      else for (const { reject } of batch) reject(error);
    }
  }
}

/** A batched query for each database, over a `statement` that takes many requests. */
export function batchedQuery<Request, Row>(
  prepare: (orm: Orm) => (requests: readonly Request[]) => Promise<readonly Row[]>,
  keys: BatchKeys<Request, Row>,
): (orm: Orm) => BatchedQuery<Request, Row> {
  return statement((orm) => new BatchedQuery(prepare(orm), keys));
}

/** A batched query for rows by a unique key. */
export function lookup<Row>(
  prepare: (orm: Orm) => (keys: readonly string[]) => Promise<readonly Row[]>,
  keyOf: (row: Row) => string,
): (orm: Orm) => BatchedQuery<string, Row> {
  return batchedQuery(prepare, { ofRequest: (key) => key, ofRow: keyOf });
}
