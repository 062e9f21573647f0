import { createLocalJWKSet, errors as joseErrors, jwtVerify, type JWK } from 'jose';
import type Provider from 'oidc-provider';
import { z } from 'zod';
import { SIGNING_ALGORITHMS } from '../signing-keys/key-ring.js';
import { actor } from './actor.js';

/** A verified access token of this issuer. That its subject and its grant still count is looked at apart. */
const subjectClaims = z.object({
  sub: z.string().min(1),
  client_id: z.string().min(1),
  /** One: a token of ours is for one resource server. A token without it is for userinfo, and for no other use. */
  aud: z.string().min(1),
  iat: z.int(),
  exp: z.int(),
  scope: z.string().default(''),
  roles: z.array(z.string()).optional(),
  auth_time: z.number().optional(),
  sid: z.string().optional(),
  /** The grant that it came of; a client's own token comes of none. */
  grant_id: z.string().optional(),
  act: actor.optional(),
  /** Of a token that came of an exchange itself. */
  subject_clients: z.array(z.string().min(1)).default([]),
  cnf: z.unknown().optional(),
});

export type SubjectToken = z.output<typeof subjectClaims>;

/** Why a subject token does not count. The reason is for the log: the client could learn whose token it holds. */
export class SubjectTokenError extends Error {
  override readonly name = 'SubjectTokenError';
}

export interface SubjectTokenVerifierOptions {
  readonly issuer: string;
  /** The public keys of the ring that are published. */
  readonly keys: readonly JWK[];
}

/**
 * Verifies access tokens that are presented for exchange: JWTs with the issuer's own keys, handles by what is stored.
 * HS256 is not among the algorithms: the backend that shares the secret could make a subject token as it likes.
 */
export class SubjectTokenVerifier {
  private readonly findKey: ReturnType<typeof createLocalJWKSet>;

  constructor(private readonly options: SubjectTokenVerifierOptions) {
    this.findKey = createLocalJWKSet({ keys: [...options.keys] });
  }

  /** @throws SubjectTokenError */
  async verify(token: string, provider: Provider): Promise<SubjectToken> {
    const claims = token.includes('.') ? await this.verifyJwt(token) : await findOpaque(token, provider);
    const parsed = subjectClaims.safeParse(claims);
    if (!parsed.success) throw new SubjectTokenError('a claim is missing or malformed');
    return parsed.data;
  }

  private async verifyJwt(token: string): Promise<unknown> {
    try {
      // `typ` keeps ID tokens, logout tokens and security events out (RFC 8725 §3.11).
      const { payload } = await jwtVerify(token, this.findKey, {
        issuer: this.options.issuer,
        typ: 'at+jwt',
        algorithms: [...SIGNING_ALGORITHMS],
        requiredClaims: ['exp', 'iat', 'jti'],
      });
      return payload;
    } catch (error) {
      if (error instanceof joseErrors.JOSEError) throw new SubjectTokenError(error.code, { cause: error });
      throw error;
    }
  }
}

async function findOpaque(handle: string, provider: Provider): Promise<unknown> {
  const token = (await provider.AccessToken.find(handle)) ?? (await provider.ClientCredentials.find(handle));
  if (token === undefined) throw new SubjectTokenError('no such handle, or it has expired');
  const isPerson = token.kind === 'AccessToken';
  return {
    ...token.extra,
    sub: isPerson ? token.accountId : token.clientId,
    client_id: token.clientId,
    grant_id: isPerson ? token.grantId : undefined,
    aud: token.aud,
    iat: token.iat,
    exp: token.exp,
    scope: token.scope,
    cnf: token.isSenderConstrained() ? {} : undefined,
  };
}
