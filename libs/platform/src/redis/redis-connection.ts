import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { createClient } from '@redis/client';

const CONNECT_TIMEOUT_MS = 1_000;
const MAX_RECONNECT_MS = 1_000;
const PING_MS = 1_000;
/** A ping without an answer for so long, and the connection is given up: the other side may be gone without a word. */
const SILENCE_MS = 2_000;
/** Commands that wait for an answer; more are refused at once. */
const MAX_WAITING = 10_000;

/**
 * A connection to Redis 6 or later that is there or not, and never keeps a request waiting for it to come: while it is
 * not there every command fails at once. It comes back by itself, and an app starts without it.
 */
export class RedisConnection implements OnApplicationShutdown {
  private readonly logger = new Logger(RedisConnection.name);
  private readonly watch: NodeJS.Timeout;
  private client: Client;
  private isFailing = false;

  /** @param url `redis://` or, with TLS, `rediss://`, with credentials */
  constructor(private readonly url: string) {
    this.client = this.connect();
    this.watch = setInterval(() => this.ping(), PING_MS).unref();
  }

  get isReady(): boolean {
    return this.client.isReady;
  }

  /**
   * Sends a command. To wait for its answer no longer than is good is the caller's duty.
   *
   * @throws Error without a connection, or when Redis answers one
   */
  command(parts: readonly string[]): Promise<unknown> {
    return this.client.sendCommand([...parts]);
  }

  onApplicationShutdown(): void {
    clearInterval(this.watch);
    this.client.destroy();
  }

  private connect(): Client {
    const client = makeClient(this.url);
    client.on('error', (error: unknown) => this.onError(error));
    client.on('ready', () => this.onReady());
    // It goes on trying; what went wrong is an `error` above.
    client.connect().catch(() => undefined);
    return client;
  }

  /** TCP would notice a peer that is gone after a quarter of an hour: as long as something is sent, no socket is idle. */
  private ping(): void {
    const { client } = this;
    if (!client.isReady) return;
    const silence = setTimeout(() => {
      if (client !== this.client) return;
      this.onError(new Error(`no answer to a ping in ${SILENCE_MS} ms`));
      this.client = this.connect();
      client.destroy();
    }, SILENCE_MS).unref();
    client
      .ping()
      .catch(() => undefined) // the connection has ended, and is made anew
      .finally(() => clearTimeout(silence));
  }

  /** Once for an outage, and not for each attempt. */
  private onError(error: unknown): void {
    if (this.isFailing) return;
    this.isFailing = true;
    this.logger.warn(`no Redis: ${error instanceof Error ? error.message || error.name : String(error)}`);
  }

  private onReady(): void {
    if (this.isFailing) this.logger.log('Redis is back');
    this.isFailing = false;
  }
}

type Client = ReturnType<typeof makeClient>;

function makeClient(url: string) {
  return createClient({
    url,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    commandsQueueMaxLength: MAX_WAITING,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, MAX_RECONNECT_MS),
    },
  });
}
