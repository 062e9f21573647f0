import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: 'apps/payments/src/payments/payments.schema.ts',
  out: 'apps/payments/src/migrations',
});
