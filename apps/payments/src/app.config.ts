import { commonSettings, httpUrl } from '@countersign/platform';
import { workloadSettings } from '@countersign/platform/workload-certificates';
import { z } from 'zod';

export const settings = z.object({
  ...commonSettings({ port: 4002, managementPort: 9103 }),
  ...workloadSettings,
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'is not a postgres:// URL' })
    .optional()
    .describe('PostgreSQL; without it an embedded database in DATA_DIR'),
  TRANSACTION_TOKEN_JWKS_URI: httpUrl()
    .default('http://localhost:3000/.well-known/jwks.json')
    .describe('where the gateway publishes the keys of its transaction tokens'),
});

export type PaymentsConfig = Readonly<z.output<typeof settings>>;
