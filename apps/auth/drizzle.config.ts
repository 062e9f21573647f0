import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './apps/auth/src/**/*.table.ts',
  out: './apps/auth/src/migrations',
});
