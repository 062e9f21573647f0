ALTER TABLE "artefacts" ADD COLUMN "account_id" text;--> statement-breakpoint
CREATE INDEX "artefacts_account_id" ON "artefacts" USING btree ("account_id");