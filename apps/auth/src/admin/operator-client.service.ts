import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConfigurationError } from '@countersign/platform';
import type { ClientRegistrationInput } from '../clients/client-registration.js';
import { ClientsRepository } from '../clients/clients.repository.js';
import { ADMIN_SCOPES } from './admin-scopes.js';

const DEMO_SECRET = 'admin-demo-secret';
/** 256 bit in base64url are 43 characters; what someone made up is shorter. */
const MIN_SECRET_LENGTH = 32;

const OPERATOR_CLIENT: ClientRegistrationInput = {
  client_id: 'countersign-admin',
  client_name: 'Operator',
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['client_credentials'],
  scope: ADMIN_SCOPES.join(' '),
  roles: ['admin'],
};

export class OperatorClientSettings {
  readonly secret: string | undefined;

  /** @throws ConfigurationError when the secret is one that others know or may guess. */
  constructor(isDemo: boolean, secret: string | undefined) {
    this.secret = secret ?? (isDemo ? DEMO_SECRET : undefined);
    if (isDemo || secret === undefined) return;
    if (secret === DEMO_SECRET) throw new ConfigurationError(['ADMIN_CLIENT_SECRET is that of the demo']);
    if (secret.length < MIN_SECRET_LENGTH) {
      throw new ConfigurationError([`ADMIN_CLIENT_SECRET is shorter than ${MIN_SECRET_LENGTH} characters`]);
    }
  }
}

/**
 * The client that the operator uses the admin API with. It is what its setting says at each start: taking the setting
 * away takes the client away, and its registration cannot be changed from within.
 */
@Injectable()
export class OperatorClientService implements OnModuleInit {
  constructor(
    private readonly settings: OperatorClientSettings,
    private readonly clients: ClientsRepository,
  ) {}

  async onModuleInit(): Promise<void> {
    const { secret } = this.settings;
    if (secret === undefined) await this.clients.remove(OPERATOR_CLIENT.client_id);
    else await this.clients.save(OPERATOR_CLIENT, secret);
  }
}
