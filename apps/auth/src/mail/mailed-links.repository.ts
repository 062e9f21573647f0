import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { and, eq, gt, inArray } from 'drizzle-orm';
import type { Transaction } from '../sessions/open-access.repository.js';
import { mailedLinks, type LinkPurpose } from './mailed-links.table.js';

export const LINK_MINUTES = 30;
const TOKEN_BYTES = 32;

export interface MailedLink {
  readonly purpose: LinkPurpose;
  readonly email: string;
  readonly interactionUid: string | null;
}

/** Purposes of the links that lead to a new password. */
export const PASSWORD_LINKS: readonly LinkPurpose[] = ['reset-password', 'set-password'];

/** Tokens of links: random, kept as hashes, for one purpose and one address, used once, and soon expired. */
@Injectable()
export class MailedLinksRepository {
  constructor(@Inject(Database) private readonly database: Pick<Database, 'orm'>) {}

  /** @returns the token; only the link has it */
  async add(link: MailedLink, tx: Pick<Transaction, 'insert'> = this.database.orm): Promise<string> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const expiresAt = new Date(Date.now() + LINK_MINUTES * 60_000);
    await tx.insert(mailedLinks).values({ ...link, tokenHash: hash(token), expiresAt });
    return token;
  }

  /** What a token is good for, without using it: programs that check mail open every link. */
  async find(purposes: readonly LinkPurpose[], token: string): Promise<MailedLink | undefined> {
    const [link] = await this.database.orm.select().from(mailedLinks).where(isLive(purposes, token));
    return link;
  }

  /** Uses a token, and with it every other of its address. Of uses at the same time one succeeds. */
  async use(
    purposes: readonly LinkPurpose[],
    token: string,
    tx: Transaction,
  ): Promise<MailedLink | undefined> {
    const [link] = await tx.delete(mailedLinks).where(isLive(purposes, token)).returning();
    if (link === undefined) return undefined;
    await this.withdrawAll(link.email, tx);
    return link;
  }

  /** Makes all links of an address good for nothing, be they mailed or handed over. */
  async withdrawAll(email: string, tx: Pick<Transaction, 'delete'>): Promise<void> {
    await tx.delete(mailedLinks).where(eq(mailedLinks.email, email));
  }

  /** Makes the links of a purpose and address good for nothing. */
  async withdraw(purpose: LinkPurpose, email: string, tx: Pick<Transaction, 'delete'>): Promise<void> {
    await tx.delete(mailedLinks).where(and(eq(mailedLinks.purpose, purpose), eq(mailedLinks.email, email)));
  }
}

function isLive(purposes: readonly LinkPurpose[], token: string) {
  return and(
    eq(mailedLinks.tokenHash, hash(token)),
    inArray(mailedLinks.purpose, purposes),
    gt(mailedLinks.expiresAt, new Date()),
  );
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
