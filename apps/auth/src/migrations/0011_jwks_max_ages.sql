CREATE TABLE "jwks_max_ages" (
	"max_age_seconds" integer PRIMARY KEY NOT NULL,
	"advertised_until" timestamp with time zone NOT NULL
);
