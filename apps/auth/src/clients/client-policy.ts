import type { Principal } from '@countersign/auth';
import { missingAdminScopes, type AdminScope } from '../admin/admin-scopes.js';
import { adminRefusal } from '../admin/admin-errors.js';
import type { ClientRegistration } from './client-registration.js';

/** Clients that the settings make; the admin API neither makes nor changes them. */
const RESERVED_IDS: ReadonlySet<string> = new Set(['countersign-admin']);

/** What clients can be registered for. */
export interface Registrable {
  readonly scopes: ReadonlySet<string>;
  /** Resource identifiers of the resource servers that may be a client. */
  readonly resourceServers: ReadonlySet<string>;
  /** Resource identifiers that tokens can be for. */
  readonly audiences: ReadonlySet<string>;
  /** What ID tokens can be signed with. */
  readonly idTokenAlgorithms: ReadonlySet<string>;
}

/** Faults of a registration that depend on what this issuer has to offer. */
export function offerFaults(
  client: ClientRegistration,
  { scopes, resourceServers, audiences, idTokenAlgorithms }: Registrable,
): readonly string[] {
  const faults = (client.scope?.split(' ') ?? [])
    .filter((scope) => !scopes.has(scope))
    .map((scope) => `scope ${scope} is not known here`);
  if (client.resource_server !== undefined && !resourceServers.has(client.resource_server))
    faults.push(`resource_server ${client.resource_server} is not known here`);
  const { id_token_signed_response_alg: alg } = client;
  if (alg !== undefined && !idTokenAlgorithms.has(alg))
    faults.push(`id_token_signed_response_alg ${alg} is not one of SIGNING_ALGORITHMS`);
  for (const audience of client.token_exchange?.audiences ?? []) {
    if (!audiences.has(audience)) faults.push(`token_exchange audience ${audience} is not known here`);
  }
  return faults;
}

/** @throws ServiceError `client_reserved` */
export function assertNotReserved(clientId: string): void {
  if (RESERVED_IDS.has(clientId.toLowerCase()))
    throw adminRefusal(
      'client_reserved',
      `${clientId} is made by the settings of the issuer, and by nothing else.`,
    );
}

/**
 * An administrator hands out, and takes over, no more than he has: who may administer clients alone would otherwise
 * make a client that may revoke keys, or give himself a new secret of one. Two things are worth every admin scope: the
 * role admin, which is one at the API too, and being a resource server, which is told of every account and key that
 * ends, and lets nobody in when it is told nothing.
 *
 * @throws ServiceError `client_above_caller`
 */
export function assertNotAbove(client: ClientRegistration, caller: Principal): void {
  const lacking = missingAdminScopes(caller);
  if (client.roles?.includes('admin') === true) refuseWithout(lacking, 'the role admin');
  if (client.resource_server !== undefined) refuseWithout(lacking, 'the standing of a resource server');
  const wanted: readonly string[] = client.scope?.split(' ') ?? [];
  const missing = lacking.filter((scope) => wanted.includes(scope));
  refuseWithout(missing, missing.join(' '));
}

function refuseWithout(missing: readonly AdminScope[], given: string): void {
  if (missing.length === 0) return;
  throw adminRefusal(
    'client_above_caller',
    `It has, or would have, ${given}, which takes ${missing.join(' ')}; the caller has not.`,
  );
}

/** Whether a change takes something away from a client: what it was given under the old registration then ends. */
export function isNarrower(next: ClientRegistration, previous: ClientRegistration): boolean {
  const lost = (before: readonly string[], after: readonly string[]) =>
    before.some((entry) => !after.includes(entry));
  return (
    next.token_endpoint_auth_method !== previous.token_endpoint_auth_method ||
    lost(previous.grant_types, next.grant_types) ||
    lost(previous.redirect_uris, next.redirect_uris) ||
    lost(previous.scope?.split(' ') ?? [], next.scope?.split(' ') ?? []) ||
    lost(previous.token_exchange?.audiences ?? [], next.token_exchange?.audiences ?? []) ||
    lost(previous.token_exchange?.subject_clients ?? [], next.token_exchange?.subject_clients ?? [])
  );
}
