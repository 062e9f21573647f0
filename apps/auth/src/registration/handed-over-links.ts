import { LINK_MINUTES, type MailedLinksRepository } from '../mail/mailed-links.repository.js';
import type { Transaction } from '../sessions/open-access.repository.js';

/** A link as the admin API answers it, once. */
export interface HandedOverLink {
  readonly url: string;
  /** Seconds. */
  readonly expires_in: number;
}

/**
 * Links by which people choose a password, given to an administrator instead of mailed: where there is no mail, that is how
 * someone gets a first password, or another one.
 */
export class HandedOverLinks {
  constructor(
    private readonly issuer: string,
    private readonly links: MailedLinksRepository,
  ) {}

  /** Makes a link for the account of an address; the one before is good for nothing then. */
  async issue(email: string, tx: Transaction): Promise<HandedOverLink> {
    await this.withdraw(email, tx);
    const token = await this.links.add({ purpose: 'set-password', email, interactionUid: null }, tx);
    return { url: `${this.issuer}/password/reset?token=${token}`, expires_in: LINK_MINUTES * 60 };
  }

  async withdraw(email: string, tx: Transaction): Promise<void> {
    await this.links.withdraw('set-password', email, tx);
  }
}
