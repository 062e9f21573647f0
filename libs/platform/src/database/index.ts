export { isDatabaseOutage, OUTAGE_RETRY_SECONDS, withoutQuery } from './database-fault.js';
export { DatabaseFaultInterceptor } from './database-fault.interceptor.js';
export { databaseSettings } from './database-settings.js';
export { Database, DatabaseModule } from './database.module.js';
export { notify, type Notifications } from './notifications.js';
export { type DatabaseOptions } from './open-database.js';
export { type Orm } from './orm.js';
export { writeEmbeddedTemplate } from './embedded-database.js';
export { statement } from './statement.js';
