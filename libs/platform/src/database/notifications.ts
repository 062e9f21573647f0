import { sql } from 'drizzle-orm';
import type { Orm } from './orm.js';

/** Names of channels are SQL identifiers, which PostgreSQL cannot take as parameters. */
const CHANNEL = /^[a-z][a-z0-9_]{0,62}$/;

/**
 * What replicas tell each other through the database (LISTEN and NOTIFY). A notification says "look again" and has no
 * content: it can come twice, and one that is sent while the connection is down is lost, for which the callback runs
 * after every reconnection too. Behind a pooler that gives a connection to each transaction none arrives at all: who
 * depends on one also looks by itself now and then.
 */
export interface Notifications {
  /**
   * Calls back after every notification on a channel, and whenever the listening connection was (re)established.
   *
   * @param channel lower case letters, digits and `_`
   * @returns the function that ends it
   */
  listen(channel: string, callback: () => void): () => void;
}

/** Tells all replicas, this one included, when the transaction of `orm` has been committed, and never if it fails. */
export async function notify(channel: string, orm: Pick<Orm, 'execute'>): Promise<void> {
  assertChannel(channel);
  await orm.execute(sql`SELECT pg_notify(${channel}, '')`);
}

/** @throws TypeError for a name that would have to be quoted. */
export function assertChannel(channel: string): void {
  if (!CHANNEL.test(channel)) throw new TypeError(`not the name of a channel: ${channel}`);
}

/** Who listens to what. */
export class Listeners {
  private readonly callbacks = new Map<string, Set<() => void>>();

  /** Also yields what is added while it is iterated. */
  get channels(): Iterable<string> {
    return this.callbacks.keys();
  }

  /** @returns whether the channel is new */
  add(channel: string, callback: () => void): boolean {
    assertChannel(channel);
    const callbacks = this.callbacks.get(channel);
    callbacks?.add(callback);
    if (callbacks === undefined) this.callbacks.set(channel, new Set([callback]));
    return callbacks === undefined;
  }

  remove(channel: string, callback: () => void): void {
    this.callbacks.get(channel)?.delete(callback);
  }

  call(channel: string): void {
    for (const callback of this.callbacks.get(channel) ?? []) callback();
  }
}
