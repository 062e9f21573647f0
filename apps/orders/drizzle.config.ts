import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: 'apps/orders/src/orders/orders.schema.ts',
  out: 'apps/orders/src/migrations',
});
