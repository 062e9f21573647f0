import { LRUCache } from 'lru-cache';
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
  readonly onWarning: (message: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Room for as many revocations within the life of a token; some 20 MB when it is full. */
const MAX_ENTRIES = 100_000;

/**
 * What has been revoked, for as long as a token that it ends could be accepted. It holds nothing for every token and
 * asks nobody: a look-up for each token is all that it costs.
 */
export class Revocations implements RevocationCheck {
  private readonly lastIssuedAt: LRUCache<string, number>;
  private isKnown = false;

  constructor({ maxTokenAgeSeconds, onWarning, now }: RevocationsOptions) {
    this.lastIssuedAt = new LRUCache({
      max: MAX_ENTRIES,
      ttl: maxTokenAgeSeconds * 1_000,
      perf: { now },
      ttlResolution: 0,
      dispose: (_value, _key, reason) => {
        if (reason === 'evict') onWarning(`more than ${MAX_ENTRIES} revocations: the oldest is forgotten`);
      },
    });
  }

  /** From here on the set is complete: what was revoked before our start has been heard. */
  setKnown(): void {
    this.isKnown = true;
  }

  add({ by, id, lastIssuedAt }: Revocation): void {
    const key = keyOf(by, id);
    const known = this.lastIssuedAt.peek(key) ?? Number.NEGATIVE_INFINITY;
    this.lastIssuedAt.set(key, Math.max(known, lastIssuedAt));
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
    for (const { by, id } of revocableBy(claims)) {
      const last = this.lastIssuedAt.peek(keyOf(by, id));
      if (last !== undefined && issuedAt <= last) {
        throw new AuthError('token_revoked', `the ${by} of the token has been revoked`);
      }
    }
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
