import { bootstrapWorkload, createTransactionTokenVerifier, WorkloadIdentity } from '@countersign/auth';
import { loadConfig, runProcess, StructuredLogger } from '@countersign/platform';
import { workloadCertificateFiles } from '@countersign/platform/workload-certificates';
import { settings } from './app.config.js';
import { AppModule } from './app.module.js';

await runProcess('orders', async () => {
  const config = loadConfig(settings, process.env);
  const { TRUST_DOMAIN: trustDomain, TRANSACTION_TOKEN_JWKS_URI: jwksUri } = config;
  const identity = new WorkloadIdentity(await workloadCertificateFiles(config, 'orders'));
  await bootstrapWorkload(AppModule.forRoot(config, identity), {
    host: config.HOST,
    port: config.PORT,
    trustDomain,
    identity,
    transactionTokens: createTransactionTokenVerifier({ trustDomain, issuer: 'gateway', jwksUri, identity }),
    logger: new StructuredLogger({ name: 'orders', level: config.LOG_LEVEL, format: config.LOG_FORMAT }),
  });
});
