import { Module } from '@nestjs/common';
import { LoggedRevocations } from './logged-revocations.js';
import { RecentCutOffs } from './recent-cut-offs.js';
import { SecurityEventFeed } from './security-event-feed.js';
import { SecurityEventLog } from './security-event-log.js';

@Module({
  providers: [SecurityEventLog, SecurityEventFeed, RecentCutOffs, LoggedRevocations],
  exports: [SecurityEventLog, SecurityEventFeed, RecentCutOffs, LoggedRevocations],
})
export class SecurityEventsModule {}
