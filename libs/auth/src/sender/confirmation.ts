import { AuthError } from '../auth-error.js';
import { isJsonObject, type JsonObject } from '../jose/strict-json.js';
import type { Sender } from './sender.js';

/** The key that a token is bound to (`cnf`, RFC 7800 §3), and that its sender has proven to have. */
export interface Confirmation {
  /** Thumbprint of the key of DPoP proofs (RFC 9449 §6.1). */
  readonly jkt?: string;
  /** SHA-256 of the client certificate, base64url (RFC 8705 §3.1). */
  readonly 'x5t#S256'?: string;
}

/** A SHA-256 in base64url. */
const DIGEST = /^[A-Za-z0-9_-]{43}$/;
const METHODS: ReadonlySet<string> = new Set(['jkt', 'x5t#S256']);

/**
 * What a token is bound to; undefined for a bearer's. A method that is not known here refuses the token: ignoring it
 * would give a thief what the binding keeps from him.
 */
export function parseConfirmation({ cnf }: JsonObject): Confirmation | undefined {
  if (cnf === undefined) return undefined;
  const methods = isJsonObject(cnf) ? Object.entries(cnf) : [];
  if (methods.length === 0 || !methods.every(([name, value]) => METHODS.has(name) && isDigest(value))) {
    throw new AuthError('confirmation_unproven', 'the cnf has a method that is not known, or none');
  }
  return { ...(cnf as Confirmation) };
}

function isDigest(value: unknown): boolean {
  return typeof value === 'string' && DIGEST.test(value);
}

/**
 * Holds the sender of a token against what it is bound to, each method for itself. It uses the proof up, and so is the
 * last check of all.
 *
 * @throws AuthError
 */
export async function confirmSender(confirmation: Confirmation | undefined, sender: Sender): Promise<void> {
  const { jkt, 'x5t#S256': certificate } = confirmation ?? {};
  if (certificate !== undefined) assertCertificate(certificate, sender);
  if (jkt !== undefined) await provePossession(jkt, sender);
  else assertNoProof(sender);
}

/** RFC 8705 §3: a token of one certificate is none of another's, nor of a connection without any. */
function assertCertificate(thumbprint: string, sender: Sender): void {
  if (sender.certificateThumbprint() !== thumbprint) {
    throw new AuthError(
      'confirmation_unproven',
      'the token is bound to a certificate that the sender has not shown',
    );
  }
}

/** RFC 9449 §7.2: a token that is bound to a key is refused as a bearer's. Whoever stole it has no key. */
async function provePossession(jkt: string, { proof }: Sender): Promise<void> {
  if (proof === null) {
    throw new AuthError('confirmation_unproven', 'the token is bound to a key, and came without a proof');
  }
  await proof.verify(jkt);
}

/**
 * RFC 9449 §7.1: with the scheme `DPoP` the token has to be bound. Else a thief could make a proof by a key of his own
 * for a bearer's token, and it would pass for better protected than it is.
 */
function assertNoProof({ proof }: Sender): void {
  if (proof !== null) {
    throw new AuthError('confirmation_missing', 'the token came with a proof, and is bound to no key');
  }
}
