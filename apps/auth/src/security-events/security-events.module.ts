import { Module } from '@nestjs/common';
import { RecentCutOffs } from './recent-cut-offs.js';
import { SecurityEventFeed } from './security-event-feed.js';
import { SecurityEventLog } from './security-event-log.js';

@Module({
  providers: [SecurityEventLog, SecurityEventFeed, RecentCutOffs],
  exports: [SecurityEventLog, SecurityEventFeed, RecentCutOffs],
})
export class SecurityEventsModule {}
