CREATE TYPE "public"."payment_state" AS ENUM('authorized', 'captured', 'refunded', 'abandoned');--> statement-breakpoint
CREATE TYPE "public"."settlement_kind" AS ENUM('capture', 'refund');--> statement-breakpoint
CREATE TABLE "payments" (
	"id" uuid PRIMARY KEY NOT NULL,
	"order_id" uuid NOT NULL,
	"state" "payment_state" NOT NULL,
	"issuer" text NOT NULL,
	"customer_id" text NOT NULL,
	"merchant_id" text NOT NULL,
	"amount" bigint NOT NULL,
	"currency" char(3) NOT NULL,
	"captured_amount" bigint DEFAULT 0 NOT NULL,
	"refunded_amount" bigint DEFAULT 0 NOT NULL,
	"authorized_by" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "payments_order_id_unique" UNIQUE("order_id"),
	CONSTRAINT "payments_amount_is_positive" CHECK ("payments"."amount" > 0),
	CONSTRAINT "payments_captured_within_amount" CHECK ("payments"."captured_amount" BETWEEN 0 AND "payments"."amount"),
	CONSTRAINT "payments_refunded_within_captured" CHECK ("payments"."refunded_amount" BETWEEN 0 AND "payments"."captured_amount")
);
--> statement-breakpoint
CREATE TABLE "settlements" (
	"payment_id" uuid NOT NULL,
	"kind" "settlement_kind" NOT NULL,
	"idempotency_key" text NOT NULL,
	"requested" text NOT NULL,
	CONSTRAINT "settlements_payment_id_kind_idempotency_key_pk" PRIMARY KEY("payment_id","kind","idempotency_key")
);
--> statement-breakpoint
ALTER TABLE "settlements" ADD CONSTRAINT "settlements_payment_id_payments_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."payments"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "payments_of_customer" ON "payments" USING btree ("issuer","customer_id","id");--> statement-breakpoint
CREATE INDEX "payments_of_merchant" ON "payments" USING btree ("issuer","merchant_id","id");