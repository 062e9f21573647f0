import { Logger } from '@nestjs/common';
import { Client } from 'pg';
import { Listeners, type Notifications } from './notifications.js';

const CONNECT_TIMEOUT_MS = 1_000;
const RECONNECT_AFTER_MS = 250;
/** A connection that a firewall forgot says nothing, and nothing says so: it is asked. */
const HEARTBEAT_MS = 2_000;
const HEARTBEAT_TIMEOUT_MS = 1_000;

/** LISTEN on a connection of its own, which is made at the first listener, and anew whenever it is lost. */
export class PostgresNotifications implements Notifications {
  private readonly logger = new Logger('Database');
  private readonly listeners = new Listeners();
  private client: Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isStarted = false;
  private isListening = false;
  private isClosed = false;

  constructor(private readonly connectionString: string) {}

  listen(channel: string, callback: () => void): () => void {
    const isNew = this.listeners.add(channel, callback);
    if (!this.isStarted) {
      this.isStarted = true;
      void this.connect();
    } else if (isNew && this.isListening && this.client !== undefined) {
      const { client } = this;
      this.subscribe(client, channel).catch(() => this.lose(client));
    }
    return () => this.listeners.remove(channel, callback);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.client?.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const client = new Client({
      connectionString: this.connectionString,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: HEARTBEAT_TIMEOUT_MS,
      application_name: 'countersign-notifications',
    });
    this.client = client;
    client.on('error', () => this.lose(client)).on('end', () => this.lose(client));
    client.on('notification', ({ channel }) => this.listeners.call(channel));
    try {
      await client.connect();
      for (const channel of this.listeners.channels) await this.subscribe(client, channel);
      this.isListening = true;
      this.beat(client);
    } catch {
      this.lose(client);
    }
  }

  /** Whatever was sent before this moment was missed: the listeners look for themselves. */
  private async subscribe(client: Client, channel: string): Promise<void> {
    await client.query(`LISTEN ${channel}`);
    this.listeners.call(channel);
  }

  private beat(client: Client): void {
    if (this.isClosed || client !== this.client) return;
    this.timer = setTimeout(() => {
      client.query('SELECT 1').then(
        () => this.beat(client),
        () => this.lose(client),
      );
    }, HEARTBEAT_MS).unref();
  }

  /** One connection is lost once, however many of its events say so. */
  private lose(client: Client): void {
    if (this.isClosed || client !== this.client) return;
    this.client = undefined;
    this.isListening = false;
    this.logger.debug('the connection that listens for notifications was lost');
    client.end().catch(() => undefined);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.connect(), RECONNECT_AFTER_MS).unref();
  }
}
