import type { TLSSocket } from 'node:tls';
import type { PreRequestHook } from '@nestjs/common';
import { TcpContext } from '@nestjs/microservices';
import { Observable, defer, from, switchMap } from 'rxjs';
import { AuthError } from '../auth-error.js';
import { isJsonObject } from '../jose/strict-json.js';
import type { TransactionTokenVerifier } from '../transaction-token/transaction-token-verifier.js';
import { TRANSACTION_TOKEN_METADATA } from '../transaction-token/transaction-token.js';
import { makeCaller, runForCaller, type Caller } from './caller.js';
import { spiffeIdOf, workloadOf } from './spiffe.js';

export interface CallerHookOptions {
  readonly trustDomain: string;
  readonly transactionTokens: Pick<TransactionTokenVerifier, 'verify'>;
}

interface VerifiedMessage {
  readonly caller: Caller;
  readonly transactionToken: string;
}

/**
 * Nest's pre-request hook that verifies who a message is from before any guard, pipe or handler runs, and opens the
 * caller's context around them.
 */
export function createCallerHook(options: CallerHookOptions): PreRequestHook {
  return (context, next) =>
    defer(() => from(verifyMessage(context.switchToRpc().getContext(), options))).pipe(
      switchMap(
        ({ caller, transactionToken }) =>
          new Observable((subscriber) =>
            runForCaller({ caller, transactionToken: () => transactionToken }, () =>
              next().subscribe(subscriber),
            ),
          ),
      ),
    );
}

/**
 * Both halves are needed: the certificate says which workload speaks, the token on whose behalf. Neither is taken
 * from anything else in the message; `x-user-id` and its like are not looked at.
 *
 * @throws AuthError
 */
export async function verifyMessage(context: unknown, options: CallerHookOptions): Promise<VerifiedMessage> {
  // A transport that we do not know proves nothing about who speaks.
  if (!(context instanceof TcpContext)) throw new AuthError('workload_refused', 'the transport is not known');
  const workload = callingWorkload(context, options.trustDomain);
  const transactionToken = readTransactionToken(context.getMetadata());
  const { principal, id } = await options.transactionTokens.verify(transactionToken);
  return { caller: makeCaller(principal, id, workload), transactionToken };
}

function callingWorkload(context: TcpContext, trustDomain: string): string {
  const socket = context.getSocketRef().netSocket as TLSSocket;
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  const workload = workloadOf(spiffeIdOf(certificate?.subjectAltName), trustDomain);
  if (workload === undefined) {
    throw new AuthError('workload_refused', 'the peer is not a workload of this trust domain');
  }
  return workload;
}

/** Metadata is what the peer's JSON said: anything at all. */
function readTransactionToken(metadata: unknown): string {
  if (!isJsonObject(metadata)) throw new AuthError('credentials_missing', 'the message has no metadata');
  const token = metadata[TRANSACTION_TOKEN_METADATA];
  if (token === undefined) throw new AuthError('credentials_missing', 'the message has no transaction token');
  if (typeof token !== 'string') throw new AuthError('token_malformed', 'the transaction token is not text');
  return token;
}
