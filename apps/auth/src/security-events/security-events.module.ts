import { Module } from '@nestjs/common';
import { SecurityEventLog } from './security-event-log.js';

@Module({ providers: [SecurityEventLog], exports: [SecurityEventLog] })
export class SecurityEventsModule {}
