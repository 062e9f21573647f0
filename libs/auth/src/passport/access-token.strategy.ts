import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy, type JwtFromRequestFunction, type SecretOrKeyProvider } from 'passport-jwt';
import type { Principal } from '../principal.js';
import { BEARER, type Sender } from '../sender/sender.js';
import { AccessTokens, type PreparedToken } from './access-tokens.js';
import { installVerifier } from './jwt-verifier.js';
import { Senders, type SenderRequest } from './senders.js';

export const ACCESS_TOKEN_STRATEGY = 'access-token';

/** Where a request's token stands once it is prepared, for whoever tells of the decision. */
export const PREPARED_TOKEN = Symbol('prepared token');
/** Where the sender stands, from the step that takes the token to the one that asks for the key. */
const SENDER = Symbol('sender');

export interface TokenRequest extends SenderRequest {
  [PREPARED_TOKEN]?: PreparedToken;
  [SENDER]?: Sender;
}

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
      jwtFromRequest: tokenExtractor(senders),
      secretOrKeyProvider: keyProvider(tokens),
    });
  }

  validate(principal: Principal): Principal {
    return principal;
  }
}

/** Whatever of a sender's proof can be refused without a signature is refused here. */
function tokenExtractor(senders: Senders): JwtFromRequestFunction<TokenRequest> {
  return (request) => {
    const { token, sender } = senders.presented(request);
    request[SENDER] = sender;
    return token;
  };
}

/**
 * All checks that come before the signature of the token, and the key; a refusal here never reaches the cryptography. An
 * opaque token has neither, and is verified in the next step as a whole.
 */
function keyProvider(tokens: AccessTokens): SecretOrKeyProvider<TokenRequest> {
  return (request, token: string, done) => {
    // What passport-jwt types as a PEM goes as it is to `JwtVerifier`, which is ours.
    const give = done as (error: unknown, key?: PreparedToken) => void;
    // Who has shown nothing has proven nothing.
    tokens
      .prepare(token, request[SENDER] ?? BEARER)
      .then((prepared) => give(null, keep(request, prepared)), give);
  };
}

function keep(request: TokenRequest, prepared: PreparedToken): PreparedToken {
  request[PREPARED_TOKEN] = prepared;
  return prepared;
}
