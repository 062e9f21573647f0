import { randomUUID } from 'node:crypto';
import { HttpException, HttpStatus, Injectable } from '@nestjs/common';
import type { Account, VerifiedAccount } from '../accounts/account.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { clientAddress } from '../client-address/client-address.js';
import { cookieOptions } from '../oidc/cookies.js';
import { CurrentProvider } from '../oidc/current-provider.js';
import { bindToCredentials } from '../oidc/session-credentials.js';
import { SESSION_SECONDS } from '../oidc/lifetimes.js';
import type { RawExchange } from '../pages/exchange.js';
import { SessionDetailsRepository } from '../sessions/session-details.repository.js';

/** Who is logged in in a browser. */
export interface LoggedIn {
  readonly account: Account;
  readonly sessionUid: string;
}

/** The session that oidc-provider keeps for a browser, for pages that are no part of an authorization request. */
@Injectable()
export class BrowserSessions {
  constructor(
    private readonly provider: CurrentProvider,
    private readonly accounts: AccountsService,
    private readonly details: SessionDetailsRepository,
  ) {}

  async find(exchange: RawExchange): Promise<LoggedIn | undefined> {
    const { session } = await this.open(exchange);
    if (session.accountId === undefined) return undefined;
    const account = await this.accounts.findEnabled(session.accountId);
    if (account === undefined) return undefined;
    await this.note(session, exchange);
    return { account, sessionUid: session.uid };
  }

  /**
   * Logs an account in. The session gets a new identifier: one that somebody planted before is worth nothing
   * (OWASP ASVS 7.2.4).
   *
   * @throws HttpException (409) when somebody is logged in already.
   */
  async logIn(account: VerifiedAccount, exchange: RawExchange): Promise<void> {
    const { session } = await this.open(exchange);
    if (session.accountId !== undefined)
      throw new HttpException('Somebody is logged in here already.', HttpStatus.CONFLICT);
    session.loginAccount({ accountId: account.id, amr: ['pwd'] });
    bindToCredentials(session, account.credentialsVersion);
    await this.renew(session, exchange);
  }

  /**
   * Lets the session of a browser go on after every session of its account has ended: as another one, under a new
   * identifier and without what it had granted.
   *
   * @param change answers the version of the account's credentials from now on
   */
  async keep(exchange: RawExchange, change: () => Promise<number>): Promise<void> {
    const { session } = await this.open(exchange);
    bindToCredentials(session, await change());
    session.uid = randomUUID();
    delete session.authorizations;
    await this.renew(session, exchange);
  }

  private async renew(session: Session, exchange: RawExchange): Promise<void> {
    session.resetIdentifier();
    await session.save(SESSION_SECONDS);
    const { current } = this.provider;
    const expires = new Date(session.exp * 1_000);
    const { cookies } = current.createContext(exchange.request, exchange.response);
    cookies.set(current.cookieName('session'), session.jti, { ...cookieOptions(current.issuer), expires });
    await this.note(session, exchange);
  }

  private async open({ request, response }: RawExchange) {
    const { current } = this.provider;
    return { session: await current.Session.get(current.createContext(request, response)) };
  }

  private async note({ uid, accountId, loginTs, exp }: Session, { request }: RawExchange): Promise<void> {
    if (accountId === undefined || loginTs === undefined) return;
    await this.details.note({
      uid,
      accountId,
      address: clientAddress(request),
      userAgent: request.headers['user-agent'] ?? '',
      loggedInAt: new Date(loginTs * 1_000),
      expiresAt: new Date(exp * 1_000),
    });
  }
}

type Session = Awaited<ReturnType<CurrentProvider['current']['Session']['get']>>;
