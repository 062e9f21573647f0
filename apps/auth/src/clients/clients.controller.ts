import { CurrentPrincipal, type Principal } from '@countersign/auth';
import { Body, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { AdminController } from '../admin/admin-controller.js';
import { emptyBody } from '../admin/empty-body.js';
import { isClientId } from './client-registration.js';
import { ClientRegistry } from './client-registry.js';
import type { ClientView, ClientViewWithSecret } from './client-view.js';

const MAX_OVERLAP_HOURS = 7 * 24;

const pageRequest = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  /** `next_cursor` of the page before. */
  cursor: z
    .string()
    .refine((text) => text === '' || isClientId(text), 'is not a cursor of a previous answer')
    .default(''),
});
const metadata = z.record(z.string(), z.unknown());
const secretRequest = z.strictObject({
  /** For how many hours the present secret is good besides the new one. */
  overlap_hours: z.number().int().min(0).max(MAX_OVERLAP_HOURS).default(0),
});

/** The registry of clients: RFC 7591's metadata, under rules of our own, for administrators alone. */
@AdminController('clients', 'clients:admin')
export class ClientsController {
  constructor(private readonly registry: ClientRegistry) {}

  @Get()
  list(@Query({ schema: pageRequest }) { cursor, limit }: z.output<typeof pageRequest>) {
    return this.registry.page(cursor, limit);
  }

  @Post()
  async create(
    @Body({ schema: metadata }) body: z.output<typeof metadata>,
    @CurrentPrincipal() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ClientViewWithSecret> {
    const client = await this.registry.create(body, caller);
    reply.header('location', `/admin/clients/${client.client_id}`);
    return client;
  }

  @Get(':client_id')
  show(@Param('client_id') clientId: string): Promise<ClientView> {
    return this.registry.show(clientId);
  }

  @Patch(':client_id')
  update(
    @Param('client_id') clientId: string,
    @Body({ schema: metadata }) body: z.output<typeof metadata>,
    @CurrentPrincipal() caller: Principal,
  ): Promise<ClientViewWithSecret> {
    return this.registry.update(clientId, body, caller);
  }

  @Post(':client_id/secret')
  @HttpCode(200)
  rotateSecret(
    @Param('client_id') clientId: string,
    @Body({ schema: secretRequest }) body: z.output<typeof secretRequest>,
    @CurrentPrincipal() caller: Principal,
  ): Promise<ClientViewWithSecret> {
    return this.registry.rotateSecret(clientId, body.overlap_hours, caller);
  }

  @Post(':client_id/disable')
  @HttpCode(200)
  disable(
    @Param('client_id') clientId: string,
    @Body({ schema: emptyBody }) _body: unknown,
    @CurrentPrincipal() caller: Principal,
  ): Promise<ClientView> {
    return this.registry.disable(clientId, caller);
  }

  @Post(':client_id/enable')
  @HttpCode(200)
  enable(
    @Param('client_id') clientId: string,
    @Body({ schema: emptyBody }) _body: unknown,
    @CurrentPrincipal() caller: Principal,
  ): Promise<ClientView> {
    return this.registry.enable(clientId, caller);
  }

  @Delete(':client_id')
  @HttpCode(204)
  delete(@Param('client_id') clientId: string, @CurrentPrincipal() caller: Principal): Promise<void> {
    return this.registry.delete(clientId, caller);
  }
}
