CREATE TABLE "jwks_max_ages" (
	"max_age_seconds" integer PRIMARY KEY NOT NULL,
	"advertised_until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "loose_private_keys" (
	"private_key_uri" text PRIMARY KEY NOT NULL,
	"destroy_from" timestamp with time zone NOT NULL
);
