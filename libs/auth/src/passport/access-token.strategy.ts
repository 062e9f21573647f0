import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy, type SecretOrKeyProvider } from 'passport-jwt';
import type { Principal } from '../principal.js';
import { AccessTokens, type PreparedToken } from './access-tokens.js';
import type { Credentials } from './credentials.js';
import { installVerifier } from './jwt-verifier.js';
import { Senders, type SenderRequest } from './senders.js';

export const ACCESS_TOKEN_STRATEGY = 'access-token';

installVerifier(Strategy);

/**
 * Passport's JWT strategy, step by step: passport-jwt takes the token from the request (`jwtFromRequest`), asks for
 * the key (`secretOrKeyProvider`), verifies (`JwtVerifier`) and hands over the result (`validate`). Each step is one
 * of ours, because the stock ones look a key up before they look at `typ`, `alg` and `iss`, accept what an API must
 * not (no `exp`, any `typ`), cannot verify EdDSA, know no proofs, and turn an outage of the issuer into an invalid
 * token.
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, ACCESS_TOKEN_STRATEGY) {
  constructor(tokens: AccessTokens, senders: Senders) {
    super({
      // What passport-jwt types as a token it hands on to the next step as it is, scheme included.
      jwtFromRequest: (request) => senders.credentials(request) as unknown as string,
      secretOrKeyProvider: keyProvider(tokens, senders),
    });
  }

  validate(principal: Principal): Principal {
    return principal;
  }
}

/**
 * All checks that come before a signature, those of a proof first, and the key; a refusal here never reaches the
 * cryptography. An opaque token has neither, and is verified in the next step as a whole.
 */
function keyProvider(tokens: AccessTokens, senders: Senders): SecretOrKeyProvider<SenderRequest> {
  return (request, credentials: Credentials, done) => {
    // What passport-jwt types as a PEM goes as it is to `JwtVerifier`, which is ours.
    const give = done as (error: unknown, key?: PreparedToken) => void;
    const prepare = async (): Promise<PreparedToken> =>
      tokens.prepare(credentials.token, senders.of(request, credentials));
    prepare().then((prepared) => give(null, prepared), give);
  };
}
