import type { PGlite } from '@electric-sql/pglite';
import { Listeners, type Notifications } from './notifications.js';

/** The same on the embedded database, which has one process and loses no connection. */
export class EmbeddedNotifications implements Notifications {
  private readonly listeners = new Listeners();

  constructor(private readonly client: Pick<PGlite, 'listen'>) {}

  listen(channel: string, callback: () => void): () => void {
    if (this.listeners.add(channel, callback)) void this.subscribe(channel);
    return () => this.listeners.remove(channel, callback);
  }

  private async subscribe(channel: string): Promise<void> {
    await this.client.listen(channel, () => this.listeners.call(channel));
    this.listeners.call(channel);
  }
}
