ALTER TABLE "signing_keys" ALTER COLUMN "encrypted_private_key" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "signing_keys" ADD COLUMN "private_key_uri" text;--> statement-breakpoint
ALTER TABLE "signing_keys" ADD CONSTRAINT "signing_keys_in_one_place" CHECK (num_nonnulls("signing_keys"."encrypted_private_key", "signing_keys"."private_key_uri") = 1);