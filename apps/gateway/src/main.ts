import { assertEveryHandlerDeclaresAccess } from '@countersign/auth';
import { createHttpApp, loadConfig, runProcess } from '@countersign/platform';
import { settings } from './app.config.js';
import { AppModule } from './app.module.js';
import { addDocs } from './docs/add-docs.js';
import { allowOrigins } from './http/cors.js';
import { addRequestHooks } from './http/request-hooks.js';
import { securityHeaders } from './http/security-headers.js';

/** Well below the frame limit of the workloads behind. */
const MAX_BODY_BYTES = 102_400;

await runProcess('gateway', async () => {
  const config = loadConfig(settings, process.env);
  const app = await createHttpApp(await AppModule.forRoot(config), {
    logger: { name: 'gateway', level: config.LOG_LEVEL, format: config.LOG_FORMAT },
    maxBodyBytes: MAX_BODY_BYTES,
    trustedProxies: null,
  });
  allowOrigins(app, config.CORS_ORIGINS ?? []);
  app.useSecurityHeaders(securityHeaders(config.ISSUER));
  addRequestHooks(app.getHttpAdapter().getInstance());
  addDocs(app, config);
  assertEveryHandlerDeclaresAccess(app);
  await app.listen({ host: config.HOST, port: config.PORT });
});
