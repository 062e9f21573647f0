CREATE TYPE "public"."order_state" AS ENUM('placed', 'paid', 'cancelled');--> statement-breakpoint
CREATE TABLE "orders" (
	"id" uuid PRIMARY KEY NOT NULL,
	"state" "order_state" DEFAULT 'placed' NOT NULL,
	"issuer" text NOT NULL,
	"customer_id" text NOT NULL,
	"merchant_id" text NOT NULL,
	"items" jsonb NOT NULL,
	"total_amount" bigint NOT NULL,
	"currency" char(3) NOT NULL,
	"payment_attempted_at" timestamp (3) with time zone,
	"payment_id" uuid,
	"idempotency_key" text,
	"draft_hash" text NOT NULL,
	"placed_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "orders_total_is_positive" CHECK ("orders"."total_amount" > 0),
	CONSTRAINT "orders_paid_has_payment" CHECK (("orders"."state" = 'paid') = ("orders"."payment_id" IS NOT NULL))
);
--> statement-breakpoint
CREATE UNIQUE INDEX "orders_idempotency_key" ON "orders" USING btree ("issuer","customer_id","idempotency_key");--> statement-breakpoint
CREATE INDEX "orders_of_customer" ON "orders" USING btree ("issuer","customer_id","id");--> statement-breakpoint
CREATE INDEX "orders_of_merchant" ON "orders" USING btree ("issuer","merchant_id","id");