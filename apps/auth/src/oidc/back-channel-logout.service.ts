import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { WorkQueue } from '@countersign/platform';
import { EndedLogins, type EndedLogin } from '../sessions/ended-logins.js';
import { CurrentProvider } from './current-provider.js';

const CONCURRENCY = 8;
const MAX_WAITING = 2_000;

/** Members of a client that oidc-provider does not type (lib/models/client.js). */
interface ToldOfLogouts {
  readonly backchannelLogoutUri?: string;
  /** @throws Error when the client does not take it */
  backchannelLogout(accountId: string, sid: string): Promise<void>;
}

/**
 * Tells clients of logins that ended elsewhere than at `/logout`, where oidc-provider does (OpenID Connect Back-Channel
 * Logout §2.5). Whoever ended them does not wait for it. A client that does not answer is not asked again.
 */
@Injectable()
export class BackChannelLogoutService implements OnModuleInit {
  private readonly logger = new Logger('BackChannelLogout');
  private readonly queue = new WorkQueue({
    concurrency: CONCURRENCY,
    maxWaiting: MAX_WAITING,
    maxWaitMs: null,
  });

  constructor(
    private readonly endedLogins: EndedLogins,
    private readonly provider: CurrentProvider,
  ) {}

  onModuleInit(): void {
    this.endedLogins.onEnd((logins) => {
      for (const login of logins) void this.tell(login);
    });
  }

  private async tell(login: EndedLogin): Promise<void> {
    try {
      await this.queue.run(() => this.send(login));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.logger.warn(`${login.clientId} was not told of a logout: ${reason}`);
    }
  }

  private async send({ accountId, clientId, sid }: EndedLogin): Promise<void> {
    const found = await this.provider.current.Client.find(clientId);
    const client = found as unknown as ToldOfLogouts | undefined;
    if (client?.backchannelLogoutUri !== undefined) await client.backchannelLogout(accountId, sid);
  }
}
