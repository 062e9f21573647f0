import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import { and, eq, gt } from 'drizzle-orm';
import type { Transaction } from '../sessions/open-access.repository.js';
import { mailedLinks, type LinkPurpose } from './mailed-links.table.js';

export const LINK_MINUTES = 30;
const TOKEN_BYTES = 32;

export interface MailedLink {
  readonly purpose: LinkPurpose;
  readonly email: string;
  readonly interactionUid: string | null;
}

/** Tokens of mailed links: random, kept as hashes, for one purpose and one address, used once, and soon expired. */
@Injectable()
export class MailedLinksRepository {
  constructor(@Inject(Database) private readonly database: Pick<Database, 'orm'>) {}

  /** @returns the token; only the mail has it */
  async add(link: MailedLink): Promise<string> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const expiresAt = new Date(Date.now() + LINK_MINUTES * 60_000);
    await this.database.orm.insert(mailedLinks).values({ ...link, tokenHash: hash(token), expiresAt });
    return token;
  }

  /** What a token is good for, without using it: programs that check mail open every link. */
  async find(purpose: LinkPurpose, token: string): Promise<MailedLink | undefined> {
    const [link] = await this.database.orm.select().from(mailedLinks).where(isLive(purpose, token));
    return link;
  }

  /** Uses a token, and with it every other of this purpose and address. Of uses at the same time one succeeds. */
  async use(purpose: LinkPurpose, token: string, tx: Transaction): Promise<MailedLink | undefined> {
    const [link] = await tx.delete(mailedLinks).where(isLive(purpose, token)).returning();
    if (link === undefined) return undefined;
    await tx
      .delete(mailedLinks)
      .where(and(eq(mailedLinks.purpose, purpose), eq(mailedLinks.email, link.email)));
    return link;
  }
}

function isLive(purpose: LinkPurpose, token: string) {
  return and(
    eq(mailedLinks.tokenHash, hash(token)),
    eq(mailedLinks.purpose, purpose),
    gt(mailedLinks.expiresAt, new Date()),
  );
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
