import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { ClientsRepository } from '../clients/clients.repository.js';

/** oidc-provider's view of the clients: it reads them. Registration has its own way in, with its own rules. */
export class ClientStore implements Adapter {
  constructor(private readonly clients: ClientsRepository) {}

  async find(clientId: string): Promise<AdapterPayload | undefined> {
    return this.clients.find(clientId);
  }

  upsert = refuse;
  destroy = refuse;
  consume = refuse;
  findByUid = refuse;
  findByUserCode = refuse;
  revokeByGrantId = refuse;
}

function refuse(): Promise<never> {
  return Promise.reject(new TypeError('clients are registered through ClientsRepository'));
}
