import { randomBytes } from 'node:crypto';
import type { Principal } from '@countersign/auth';
import type { Orm } from '@countersign/platform/database';
import { Injectable } from '@nestjs/common';
import { errors } from 'oidc-provider';
import { adminRefusal } from '../admin/admin-errors.js';
import { CurrentProvider } from '../oidc/current-provider.js';
import { endArtefactsOfClient } from '../oidc/end-client.js';
import { SecurityEventLog } from '../security-events/security-event-log.js';
import {
  assertNotAbove,
  assertNotReserved,
  isNarrower,
  offerFaults,
  type Registrable,
} from './client-policy.js';
import { clientRegistration, faultOf, isClientId, type ClientRegistration } from './client-registration.js';
import { generateClientSecret, hashClientSecret } from './client-secret.js';
import { viewOf, type ClientView, type ClientViewWithSecret } from './client-view.js';
import { ClientsRepository, type ClientRow } from './clients.repository.js';

const HOUR_MS = 3_600_000;
const GENERATED_ID_BYTES = 12;

export class ClientOffer implements Registrable {
  constructor(
    readonly scopes: ReadonlySet<string>,
    readonly resourceServers: ReadonlySet<string>,
    readonly audiences: ReadonlySet<string>,
    readonly idTokenAlgorithms: ReadonlySet<string>,
  ) {}
}

/** Makes, changes and ends clients for an administrator. Whatever ends tokens is said in the same transaction. */
@Injectable()
export class ClientRegistry {
  constructor(
    private readonly clients: ClientsRepository,
    private readonly offer: ClientOffer,
    private readonly provider: CurrentProvider,
    private readonly securityEvents: SecurityEventLog,
  ) {}

  /** @throws ServiceError `client_not_found` */
  async show(clientId: string): Promise<ClientView> {
    return viewOf(found(await this.clients.findRow(clientId), clientId));
  }

  async page(
    after: string,
    limit: number,
  ): Promise<{ readonly data: readonly ClientView[]; readonly next_cursor: string | null }> {
    const rows = await this.clients.page(after, limit + 1);
    const data = rows.slice(0, limit);
    return {
      data: data.map(viewOf),
      next_cursor: rows.length > limit ? (data.at(-1)?.clientId ?? null) : null,
    };
  }

  /**
   * Registers a client. Its secret, if it authenticates with one, is made here and shown in this answer alone.
   *
   * @throws ServiceError `invalid_client_metadata` with every fault, `client_exists`, `client_reserved`,
   * `client_above_caller`
   */
  async create(input: Readonly<Record<string, unknown>>, caller: Principal): Promise<ClientViewWithSecret> {
    const metadata = this.parse({ client_id: randomBytes(GENERATED_ID_BYTES).toString('hex'), ...input });
    assertNotReserved(metadata.client_id);
    assertNotAbove(metadata, caller);
    const secret = needsSecret(metadata) ? generateClientSecret() : undefined;
    const row = await this.clients.insert({
      clientId: metadata.client_id,
      metadata,
      secretHash: secret === undefined ? null : hashClientSecret(secret),
    });
    if (row === undefined)
      throw adminRefusal('client_exists', `There is a client ${metadata.client_id} already.`);
    return withSecret(viewOf(row), secret);
  }

  /**
   * Changes members of a registration (RFC 7396: null takes one away). Changes of one client come one after the other;
   * of two that set one member, the last wins. A change that takes something away ends the client's grants and refresh
   * tokens; its access tokens last until they expire.
   */
  async update(
    clientId: string,
    changes: Readonly<Record<string, unknown>>,
    caller: Principal,
  ): Promise<ClientViewWithSecret> {
    assertNotReserved(clientId);
    let secret: string | undefined;
    const row = await this.clients.change(clientId, async (before, orm) => {
      assertNotAbove(before.metadata, caller);
      const { response_types: _derived, ...members } = before.metadata;
      const metadata = this.parse(mergePatch(members, changes));
      if (metadata.client_id !== clientId)
        throw adminRefusal('invalid_client_metadata', 'client_id cannot be changed.');
      assertNotAbove(metadata, caller);
      if (isNarrower(metadata, before.metadata)) await endArtefactsOfClient(clientId, orm);
      if (!needsSecret(metadata)) return { metadata, ...WITHOUT_SECRETS };
      if (before.secretHash !== null) return { metadata };
      secret = generateClientSecret();
      return { metadata, secretHash: hashClientSecret(secret) };
    });
    return withSecret(viewOf(found(row, clientId)), secret);
  }

  /**
   * Gives a client a new secret.
   *
   * @param overlapHours for how long the present one is good besides; 0: no longer
   */
  async rotateSecret(
    clientId: string,
    overlapHours: number,
    caller: Principal,
  ): Promise<ClientViewWithSecret> {
    assertNotReserved(clientId);
    const secret = generateClientSecret();
    const row = await this.clients.change(clientId, async ({ metadata, secretHash }) => {
      assertNotAbove(metadata, caller);
      if (!needsSecret(metadata))
        throw adminRefusal('client_without_secret', `${clientId} does not authenticate with a secret.`);
      return {
        secretHash: hashClientSecret(secret),
        previousSecretHash: overlapHours > 0 ? secretHash : null,
        previousSecretExpiresAt: overlapHours > 0 ? new Date(Date.now() + overlapHours * HOUR_MS) : null,
      };
    });
    return withSecret(viewOf(found(row, clientId)), secret);
  }

  /** From now on the client gets no token and nobody logs in with it; what it was given ends. */
  async disable(clientId: string, caller: Principal): Promise<ClientView> {
    assertNotReserved(clientId);
    const row = await this.clients.change(clientId, async ({ metadata, disabledAt }, orm) => {
      assertNotAbove(metadata, caller);
      if (disabledAt !== null) return {};
      await this.end(clientId, orm);
      return { disabledAt: new Date() };
    });
    return viewOf(found(row, clientId));
  }

  /** The client may get tokens again; what it was given before stays ended. */
  async enable(clientId: string, caller: Principal): Promise<ClientView> {
    assertNotReserved(clientId);
    const row = await this.clients.change(clientId, async ({ metadata }) => {
      assertNotAbove(metadata, caller);
      return { disabledAt: null };
    });
    return viewOf(found(row, clientId));
  }

  async delete(clientId: string, caller: Principal): Promise<void> {
    assertNotReserved(clientId);
    const existed = await this.clients.remove(clientId, async ({ metadata }, orm) => {
      assertNotAbove(metadata, caller);
      await this.end(clientId, orm);
    });
    if (!existed) throw notFound(clientId);
  }

  private async end(clientId: string, orm: Orm): Promise<void> {
    await endArtefactsOfClient(clientId, orm);
    await this.securityEvents.append({ type: 'client-disabled', clientId }, orm);
  }

  /** @throws ServiceError `invalid_client_metadata` with every fault */
  private parse(input: Readonly<Record<string, unknown>>): ClientRegistration {
    const { data, error } = clientRegistration.safeParse(input);
    const faults = data === undefined ? error.issues.map(faultOf) : offerFaults(data, this.offer);
    if (data === undefined || faults.length > 0)
      throw adminRefusal('invalid_client_metadata', `${faults.join('; ')}.`);
    this.assertUsable(data);
    return data;
  }

  /** The last word is that of the provider, which has to work with it. */
  private assertUsable(metadata: ClientRegistration): void {
    const { Client } = this.provider.current;
    try {
      // Its types leave the constructor out.
      Reflect.construct(Client, [{ ...metadata, ...(needsSecret(metadata) && { client_secret: 'x' }) }]);
    } catch (error) {
      if (!(error instanceof errors.InvalidClientMetadata)) throw error;
      throw adminRefusal('invalid_client_metadata', `${error.error_description ?? error.message}.`);
    }
  }
}

const WITHOUT_SECRETS = {
  secretHash: null,
  previousSecretHash: null,
  previousSecretExpiresAt: null,
} as const;

function needsSecret({ token_endpoint_auth_method: method }: ClientRegistration): boolean {
  return method === 'client_secret_basic' || method === 'client_secret_post';
}

/** RFC 7396 for one level: no member of a registration is merged with what was there before. */
function mergePatch(
  members: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries({ ...members, ...changes }).filter(([, value]) => value !== null));
}

function withSecret(view: ClientView, secret: string | undefined): ClientViewWithSecret {
  return secret === undefined ? view : { ...view, client_secret: secret, client_secret_expires_at: 0 };
}

function found(row: ClientRow | undefined, clientId: string): ClientRow {
  if (row === undefined) throw notFound(clientId);
  return row;
}

function notFound(clientId: string) {
  return adminRefusal(
    'client_not_found',
    `There is no client ${isClientId(clientId) ? clientId : 'of this name'}.`,
  );
}
