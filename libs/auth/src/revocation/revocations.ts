import { parseActors, parseSubjectClients } from '../access-token/claims-checks.js';
import { AuthError } from '../auth-error.js';
import type { JsonObject } from '../jose/strict-json.js';

/** What tokens can be revoked by. */
type Handle = 'session' | 'grant' | 'subject' | 'client';

export interface Revocation {
  readonly by: Handle;
  readonly id: string;
  /** Last `iat`, in seconds, of the tokens that it ends; infinite for what never issues a token again. */
  readonly lastIssuedAt: number;
  /** When it happened, in seconds. */
  readonly occurredAt: number;
}

/** What a verifier asks of each token whose signature it has verified. */
export interface RevocationCheck {
  /** @throws AuthError `revocations_unavailable` while it cannot be told what has been revoked */
  assertKnown(): void;
  /** @throws AuthError `token_revoked` or `revocations_unavailable` */
  assertNotRevoked(claims: JsonObject): void | Promise<void>;
}

export interface RevocationsOptions {
  /** How long after its issue a token may still be accepted: its life and the skew that is forgiven. */
  readonly maxTokenAgeSeconds: number;
  /** Room for as many revocations within the life of a token. */
  readonly maxEntries: number;
  readonly onWarning: (message: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A token request under way when a session or a grant ended may be answered this much later. */
const UNDER_WAY_SECONDS = 1;
const WARN_EVERY_MS = 60_000;

interface Entry {
  readonly lastIssuedAt: number;
  /** Last `iat` of the tokens that it can matter to. */
  readonly cutOff: number;
  readonly heardAtMs: number;
}

/**
 * What has been revoked, for as long as a token that it ends could be accepted. It holds nothing for every token and
 * asks nobody: a look-up for each token is all that it costs.
 *
 * It never forgets in anyone's favour. When there is no more room, the oldest revocation is given up, and with it every
 * token that it may have been about: none with an `iat` up to its cut-off is accepted any longer, whosever it is. Clients
 * refresh, and get a later one; the tokens below this floor would have expired minutes later anyway.
 */
export class Revocations implements RevocationCheck {
  /** In the order in which they were heard. */
  private readonly entries = new Map<string, Entry>();
  private floor = Number.NEGATIVE_INFINITY;
  private warnedAtMs = Number.NEGATIVE_INFINITY;
  private isKnown = false;
  private givenUpCount = 0;

  constructor(private readonly options: RevocationsOptions) {}

  /** How many are held. */
  get size(): number {
    return this.entries.size;
  }

  /** How many were given up for want of room, since the start. */
  get givenUp(): number {
    return this.givenUpCount;
  }

  /** From here on the set is complete: what was revoked before our start has been heard. */
  setKnown(): void {
    this.isKnown = true;
  }

  add({ by, id, lastIssuedAt, occurredAt }: Revocation): void {
    const key = keyOf(by, id);
    const known = this.entries.get(key);
    const cutOff = Number.isFinite(lastIssuedAt) ? lastIssuedAt : occurredAt + UNDER_WAY_SECONDS;
    this.entries.delete(key); // it goes to the end
    this.entries.set(key, {
      lastIssuedAt: Math.max(known?.lastIssuedAt ?? Number.NEGATIVE_INFINITY, lastIssuedAt),
      cutOff: Math.max(known?.cutOff ?? Number.NEGATIVE_INFINITY, cutOff),
      heardAtMs: this.options.now(),
    });
    this.makeRoom();
  }

  /** @throws AuthError `revocations_unavailable` before it is known what has been revoked */
  assertKnown(): void {
    if (this.isKnown) return;
    throw new AuthError(
      'revocations_unavailable',
      'what the issuer revoked before our start is not known yet',
    );
  }

  /**
   * @param claims of a token whose signature has been verified
   * @throws AuthError `token_revoked`
   */
  assertNotRevoked(claims: JsonObject): void {
    const issuedAt = Number(claims['iat']);
    if (issuedAt <= this.floor) {
      throw new AuthError('token_revoked', 'more has been revoked than is held, and the token is older');
    }
    for (const { by, id } of revocableBy(claims)) {
      const entry = this.entries.get(keyOf(by, id));
      if (entry !== undefined && this.canMatter(entry) && issuedAt <= entry.lastIssuedAt) {
        throw new AuthError('token_revoked', `the ${by} of the token has been revoked`);
      }
    }
  }

  private canMatter({ heardAtMs }: Entry): boolean {
    return this.options.now() - heardAtMs <= this.options.maxTokenAgeSeconds * 1_000;
  }

  /** Drops what cannot matter any more, and then, while there are too many, gives the oldest up. */
  private makeRoom(): void {
    for (const [key, entry] of this.entries) {
      const isOverdue = !this.canMatter(entry);
      if (!isOverdue && this.entries.size <= this.options.maxEntries) return;
      this.entries.delete(key);
      if (!isOverdue) this.giveUp(entry);
    }
  }

  private giveUp({ cutOff }: Entry): void {
    this.floor = Math.max(this.floor, cutOff);
    this.givenUpCount += 1;
    const { maxEntries, now, onWarning } = this.options;
    if (now() - this.warnedAtMs < WARN_EVERY_MS) return;
    this.warnedAtMs = now();
    onWarning(
      `more than ${maxEntries} revocations: tokens issued up to ${new Date(this.floor * 1_000).toISOString()} are refused`,
    );
  }
}

/**
 * All that a token with these claims can be revoked by. A token that came of an exchange ends with whoever acts in it,
 * and with each client whose tokens led to it.
 *
 * @throws AuthError `claims_malformed` for a chain of actors or clients that is none, or too long
 */
export function revocableBy(claims: JsonObject): readonly Pick<Revocation, 'by' | 'id'>[] {
  const own = CLAIMS.flatMap(([by, claim]) => {
    const id = claims[claim];
    return typeof id === 'string' ? [{ by, id }] : [];
  });
  const actors = parseActors(claims) ?? [];
  return [
    ...own,
    ...actors.map((id) => ({ by: 'subject' as const, id })),
    ...parseSubjectClients(claims).map((id) => ({ by: 'client' as const, id })),
  ];
}

const CLAIMS: readonly (readonly [by: Handle, claim: string])[] = [
  ['session', 'sid'],
  ['grant', 'grant_id'],
  ['subject', 'sub'],
  ['client', 'client_id'],
];

function keyOf(by: Handle, id: string): string {
  return `${by} ${id}`;
}
