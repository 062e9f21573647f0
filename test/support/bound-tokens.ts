import type { ProofForge } from '@countersign/auth/testing';
import { z } from 'zod';
import { basic, tokenRequest } from './token-endpoint.ts';

const tokenAnswer = z.object({ access_token: z.string(), token_type: z.literal('DPoP') });

/** An access token by client credentials that the issuer has bound to a client's key (RFC 9449 §5). */
export async function tokenBoundTo(
  forge: ProofForge,
  issuer: string,
  clientId = 'demo-service',
): Promise<string> {
  const request = { method: 'POST', uri: `${issuer}/token`, accessToken: '' };
  const ask = (nonce: string | undefined) =>
    tokenRequest(
      issuer,
      { grant_type: 'client_credentials', scope: 'orders:read' },
      {
        ...basic(clientId, `${clientId}-secret`),
        dpop: forge.proof({ ...request, nonce }, { claims: { ath: undefined } }),
      },
    );
  const { headers } = await ask(undefined);
  const { body } = await ask(headers.get('dpop-nonce') ?? '');
  return tokenAnswer.parse(body).access_token;
}
