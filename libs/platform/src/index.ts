export { commonSettings } from './config/common-settings.js';
export { ConfigurationError } from './config/configuration-error.js';
export { loadConfig, type Environment } from './config/load-config.js';
export { AccessDecisionsModule } from './access-decisions/access-decisions.module.js';
export { AccessDecisions } from './access-decisions/access-decisions.js';
export {
  address,
  flag,
  httpUrl,
  keys,
  networks,
  origins,
  port,
  redisUrl,
  type Address,
} from './config/setting.js';
export { createHttpApp, type HttpAppOptions } from './http-app.js';
export { StructuredLogger, type LoggerOptions } from './logger.js';
export { ManagementModule } from './management/management.module.js';
export { Metrics } from './management/metrics.js';
export { Readiness, type ReadinessCheck, type ReadinessReport } from './management/readiness.js';
export { runProcess } from './run-process.js';
export { QueueFullError, WorkQueue } from './work-queue.js';
