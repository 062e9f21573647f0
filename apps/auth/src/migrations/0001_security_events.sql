CREATE TABLE "security_events" (
	"sequence" bigserial PRIMARY KEY NOT NULL,
	"jti" text NOT NULL,
	"event" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "security_events_jti_unique" UNIQUE("jti")
);
