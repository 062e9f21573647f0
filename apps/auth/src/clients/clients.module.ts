import { Module } from '@nestjs/common';
import { ClientsController } from './clients.controller.js';
import { ClientsRepository } from './clients.repository.js';

@Module({ controllers: [ClientsController], providers: [ClientsRepository], exports: [ClientsRepository] })
export class ClientsModule {}
