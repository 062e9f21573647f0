import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { AppModule } from './nest-app.js';
import { settings } from './settings.js';

const app = await NestFactory.create(AppModule, new ExpressAdapter());
await app.listen(settings.port, '127.0.0.1');
