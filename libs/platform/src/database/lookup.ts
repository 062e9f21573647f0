import { statement } from './statement.js';
import type { Orm } from './orm.js';

/** A query that takes longer is not waited for by the next: it may be one whose connection is dead. */
const MAX_WAIT_MS = 50;

interface Waiting<Row> {
  readonly key: string;
  readonly resolve: (row: Row | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Finds rows by a unique key. Look-ups that come while a query is under way go together with the next one: the busier
 * the process, the fewer queries a look-up takes; an idle one does not wait. Each sees what was committed before it was
 * asked for.
 */
export class Lookup<Row> {
  private waiting: Waiting<Row>[] = [];
  private isBusy = false;

  constructor(
    private readonly query: (keys: readonly string[]) => Promise<readonly Row[]>,
    private readonly keyOf: (row: Row) => string,
  ) {}

  find(key: string): Promise<Row | undefined> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ key, resolve, reject });
      if (!this.isBusy) this.next();
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

  private async answer(batch: readonly Waiting<Row>[]): Promise<void> {
    try {
      const keys = [...new Set(batch.map(({ key }) => key))];
      const rows = new Map((await this.query(keys)).map((row) => [this.keyOf(row), row]));
      for (const { key, resolve } of batch) resolve(rows.get(key));
    } catch (error) {
      // A key that the database cannot read, such as one with a NUL in it, is the fault of who asked for it alone.
      if (batch.length > 1) await Promise.all(batch.map((one) => this.answer([one])));
      else for (const { reject } of batch) reject(error);
    }
  }
}

/** A look-up for each database, over a `statement` that takes a list of keys. */
export function lookup<Row>(
  prepare: (orm: Orm) => (keys: readonly string[]) => Promise<readonly Row[]>,
  keyOf: (row: Row) => string,
): (orm: Orm) => Lookup<Row> {
  return statement((orm) => new Lookup(prepare(orm), keyOf));
}
