import { sql } from 'drizzle-orm';
import {
  bigserial,
  customType,
  foreignKey,
  index,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';
import type { SecurityEvent } from './security-event.js';

/** PostgreSQL's number of a transaction, which never comes round. */
const transactionId = customType<{ data: string }>({ dataType: () => 'xid8' });

/** What happened, in the order in which it did, for as long as it can matter to a verifier. */
export const securityEvents = pgTable(
  'security_events',
  {
    sequence: bigserial({ mode: 'number' }).primaryKey(),
    /** `jti` of the token that tells of it. */
    jti: text().notNull().unique(),
    event: jsonb().$type<SecurityEvent>().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true })
      .notNull()
      .default(sql`clock_timestamp()`),
    /**
     * `sequence` is drawn before its transaction ends: a higher one can be seen first. By the transaction a reader
     * knows which rows may still appear behind it.
     */
    transactionId: transactionId('transaction_id')
      .notNull()
      .default(sql`pg_current_xact_id()`),
  },
  (table) => [
    index('security_events_transaction_id').on(table.transactionId),
    index('security_events_event').using('gin', table.event.op('jsonb_path_ops')),
  ],
);

/** Who reads the log: a replica of a verifier, under a name that it chose. */
export const eventStreams = pgTable(
  'event_streams',
  {
    clientId: text('client_id').notNull(),
    streamId: text('stream_id').notNull(),
    polledAt: timestamp('polled_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.clientId, table.streamId] }),
    index('event_streams_polled_at').on(table.polledAt),
  ],
);

/** What each stream has acknowledged. A row goes with its event or its stream. */
export const eventAcknowledgements = pgTable(
  'event_acknowledgements',
  {
    clientId: text('client_id').notNull(),
    streamId: text('stream_id').notNull(),
    jti: text()
      .notNull()
      .references(() => securityEvents.jti, { onDelete: 'cascade' }),
  },
  (table) => [
    primaryKey({ columns: [table.clientId, table.streamId, table.jti] }),
    foreignKey({
      name: 'event_acknowledgements_stream',
      columns: [table.clientId, table.streamId],
      foreignColumns: [eventStreams.clientId, eventStreams.streamId],
    }).onDelete('cascade'),
    index('event_acknowledgements_jti').on(table.jti),
  ],
);
