export { databaseSettings } from './database-settings.js';
export { Database, DatabaseModule } from './database.module.js';
export { type DatabaseOptions, type Orm } from './open-database.js';
export { writeEmbeddedTemplate } from './embedded-database.js';
