import { assertEveryHandlerDeclaresAccess } from '@countersign/auth';
import { createHttpApp, loadConfig, runProcess } from '@countersign/platform';
import { AppModule } from './app.module.js';
import { settings } from './app.config.js';
import { CurrentProvider } from './oidc/current-provider.js';
import { mountProvider } from './oidc/mount-provider.js';
import { mountJwks } from './signing-keys/mount-jwks.js';
import { SigningKeysService } from './signing-keys/signing-keys.service.js';

const MAX_BODY_BYTES = 64 * 1024;

await runProcess('auth', async () => {
  const config = loadConfig(settings, process.env);
  const app = await createHttpApp(AppModule.forRoot(config), {
    logger: { name: 'auth', level: config.LOG_LEVEL, format: config.LOG_FORMAT },
    maxBodyBytes: MAX_BODY_BYTES,
    trustedProxies: config.TRUST_PROXY ?? null,
  });
  mountJwks(app.getHttpAdapter().getInstance(), app.get(SigningKeysService));
  mountProvider(app.getHttpAdapter().getInstance(), app.get(CurrentProvider));
  assertEveryHandlerDeclaresAccess(app);
  await app.listen(config.PORT, config.HOST);
});
