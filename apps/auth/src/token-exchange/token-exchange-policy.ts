import type { Client } from 'oidc-provider';
import { z } from 'zod';

/** `grant_type` of RFC 8693 §2.1. */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** RFC 6749 appendix A.1, and no longer than any that is registered here. */
const CLIENT_ID = /^[\x20-\x7E]{1,64}$/;

/** What a client may exchange; without it in its registration it may exchange nothing. */
export const tokenExchangePolicy = z.strictObject({
  /** Clients whose access tokens it may present: the applications that call it, as a rule. */
  subject_clients: z.array(z.string().regex(CLIENT_ID, 'is not the id of a client')).min(1).readonly(),
  /** Resource identifiers that it may get tokens for. */
  audiences: z.array(z.string().min(1)).min(1).readonly(),
});

export type TokenExchangePolicy = z.output<typeof tokenExchangePolicy>;

/** @returns undefined for a client that may exchange nothing */
export function tokenExchangePolicyOf(client: Client): TokenExchangePolicy | undefined {
  const policy = tokenExchangePolicy.safeParse(client['token_exchange']);
  return policy.success ? policy.data : undefined;
}
