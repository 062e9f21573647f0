import { Get } from '@nestjs/common';
import { AdminController } from '../admin/admin-controller.js';
import type { ClientRegistration } from './client-registration.js';
import { ClientsRepository } from './clients.repository.js';

@AdminController('clients', 'clients:admin')
export class ClientsController {
  constructor(private readonly clients: ClientsRepository) {}

  @Get()
  async list(): Promise<{ readonly data: readonly ClientRegistration[] }> {
    return { data: await this.clients.list() };
  }
}
