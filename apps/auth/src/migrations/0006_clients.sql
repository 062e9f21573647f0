ALTER TABLE "clients" ADD COLUMN "previous_secret_hash" text;--> statement-breakpoint
ALTER TABLE "clients" ADD COLUMN "previous_secret_expires_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "clients" ADD COLUMN "disabled_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "artefacts" ADD COLUMN "client_id" text;--> statement-breakpoint
CREATE INDEX "artefacts_client_id" ON "artefacts" USING btree ("client_id");