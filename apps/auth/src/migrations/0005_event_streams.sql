CREATE TABLE "event_acknowledgements" (
	"client_id" text NOT NULL,
	"stream_id" text NOT NULL,
	"jti" text NOT NULL,
	CONSTRAINT "event_acknowledgements_client_id_stream_id_jti_pk" PRIMARY KEY("client_id","stream_id","jti")
);
--> statement-breakpoint
CREATE TABLE "event_streams" (
	"client_id" text NOT NULL,
	"stream_id" text NOT NULL,
	"polled_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "event_streams_client_id_stream_id_pk" PRIMARY KEY("client_id","stream_id")
);
--> statement-breakpoint
ALTER TABLE "security_events" ALTER COLUMN "created_at" SET DEFAULT clock_timestamp();--> statement-breakpoint
ALTER TABLE "security_events" ADD COLUMN "transaction_id" "xid8" DEFAULT pg_current_xact_id() NOT NULL;--> statement-breakpoint
ALTER TABLE "event_acknowledgements" ADD CONSTRAINT "event_acknowledgements_jti_security_events_jti_fk" FOREIGN KEY ("jti") REFERENCES "public"."security_events"("jti") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "event_acknowledgements" ADD CONSTRAINT "event_acknowledgements_stream" FOREIGN KEY ("client_id","stream_id") REFERENCES "public"."event_streams"("client_id","stream_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "event_acknowledgements_jti" ON "event_acknowledgements" USING btree ("jti");--> statement-breakpoint
CREATE INDEX "event_streams_polled_at" ON "event_streams" USING btree ("polled_at");--> statement-breakpoint
CREATE INDEX "security_events_transaction_id" ON "security_events" USING btree ("transaction_id");