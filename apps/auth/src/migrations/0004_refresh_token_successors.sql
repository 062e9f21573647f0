ALTER TABLE "artefacts" ADD COLUMN "successor_id" text;--> statement-breakpoint
ALTER TABLE "artefacts" ADD COLUMN "sealed_handle" text;