import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@countersign/platform/database';
import type { Adapter, default as Provider } from 'oidc-provider';
import { AccountsService } from '../accounts/accounts.service.js';
import { ClientsRepository } from '../clients/clients.repository.js';
import { ResourceServers } from '../resource-servers/resource-servers.js';
import { LoggedRevocations } from '../security-events/logged-revocations.js';
import { RecentCutOffs } from '../security-events/recent-cut-offs.js';
import { SecurityEventLog } from '../security-events/security-event-log.js';
import { SessionDetailsRepository } from '../sessions/session-details.repository.js';
import type { IdTokenHintKey } from '../signing-keys/id-token-hint-keys.js';
import { KeyEncryption } from '../signing-keys/key-encryption.js';
import type { KeyRing } from '../signing-keys/key-ring.js';
import { PrivateKeys } from '../signing-keys/private-keys.js';
import type { SigningKey } from '../signing-keys/signing-key.js';
import { ArtefactStore } from './artefact-store.js';
import { ClientStore } from './client-store.js';
import { createProvider } from './create-provider.js';
import { DeviceCodeStore } from './device-code-store.js';
import { RefreshTokenStore } from './refresh-token-store.js';
import { revokeSession } from './revoke-session.js';
import { SessionStore } from './session-store.js';
import { Throttles } from './throttles.js';
import { toAuthenticatedAccount, type AuthenticatedAccount } from './token-claims.js';

export class ProviderSettings {
  constructor(
    readonly issuer: string,
    /** Resource identifier of the API. */
    readonly audience: string,
  ) {}
}

/** Builds the providers of a process, which differ in their keys and in nothing else. */
@Injectable()
export class ProviderFactory {
  constructor(
    private readonly settings: ProviderSettings,
    private readonly keyEncryption: KeyEncryption,
    private readonly privateKeys: PrivateKeys,
    @Inject(Database) private readonly database: Pick<Database, 'orm'>,
    private readonly clients: ClientsRepository,
    private readonly accounts: AccountsService,
    private readonly events: SecurityEventLog,
    private readonly cutOffs: RecentCutOffs,
    private readonly revocations: LoggedRevocations,
    private readonly sessionDetails: SessionDetailsRepository,
    private readonly resourceServers: ResourceServers,
    private readonly throttles: Throttles,
  ) {}

  /** @returns what builds the provider for a state of the key ring */
  async prepare(): Promise<
    (keyRing: KeyRing<SigningKey>, idTokenHintKeys: readonly IdTokenHintKey[]) => Provider
  > {
    const [nonceSecret] = await this.keyEncryption.deriveSecrets('dpop-nonces');
    const cookieSecrets = await this.keyEncryption.deriveSecrets('cookies');
    const { issuer, audience } = this.settings;
    const { orm } = this.database;
    return (keyRing, idTokenHintKeys) =>
      createProvider({
        issuer,
        audience,
        resourceServers: this.resourceServers,
        keyRing,
        idTokenHintKeys,
        assertCanSign: () => this.privateKeys.assertAvailable(),
        cookieSecrets,
        nonceSecret: Buffer.from(nonceSecret, 'base64url'),
        orm,
        adapter: (model) => this.adapter(model),
        refreshTokens: new RefreshTokenStore(orm, this.events),
        sessions: new SessionStore('Session', orm, this.events),
        throttles: this.throttles,
        findAccount: (id) => this.findAccount(id),
        isRevoked: (claims) => this.revocations.isRevoked({ ...claims }),
        noteSession: (use) => this.sessionDetails.note(use),
        revokeSession: (session) => revokeSession(session, orm, this.events),
      });
  }

  private adapter(model: string): Adapter {
    const { orm } = this.database;
    if (model === 'Client') return new ClientStore(this.clients);
    if (model === 'DeviceCode') return new DeviceCodeStore(model, orm, this.events);
    return new ArtefactStore(model, orm, this.events);
  }

  private async findAccount(id: string): Promise<AuthenticatedAccount | undefined> {
    await this.cutOffs.passed(id);
    const account = await this.accounts.findEnabled(id);
    return account && toAuthenticatedAccount(account);
  }
}
