import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './nest-app.js';
import { settings } from './settings.js';

const app = await NestFactory.create(AppModule, new FastifyAdapter());
await app.listen(settings.port, '127.0.0.1');
