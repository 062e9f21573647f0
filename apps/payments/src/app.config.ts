import { commonSettings, httpUrl } from '@countersign/platform';
import { databaseSettings } from '@countersign/platform/database';
import { workloadSettings } from '@countersign/platform/workload-certificates';
import { z } from 'zod';

export const settings = z.object({
  ...commonSettings({ port: 4002, managementPort: 9103 }),
  ...workloadSettings,
  ...databaseSettings,
  TRANSACTION_TOKEN_JWKS_URI: httpUrl()
    .default('http://localhost:3000/.well-known/jwks.json')
    .describe('where the gateway publishes the keys of its transaction tokens'),
});

export type PaymentsConfig = Readonly<z.output<typeof settings>>;
