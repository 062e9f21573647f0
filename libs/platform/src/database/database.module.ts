import {
  Global,
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Readiness } from '../management/readiness.js';
import type { Notifications } from './notifications.js';
import { openDatabase, type DatabaseOptions, type OpenDatabase } from './open-database.js';
import type { Orm } from './orm.js';

const OPEN_DATABASE = Symbol('open database');

/** An app's database; repositories inject it and use `orm`. `notifications` tell of changes by other replicas. */
@Injectable()
export class Database implements OnApplicationShutdown {
  readonly orm: Orm;
  readonly notifications: Notifications;

  constructor(
    @Inject(OPEN_DATABASE) private readonly database: OpenDatabase,
    readiness: Readiness,
  ) {
    this.orm = database.orm;
    this.notifications = database.notifications;
    readiness.register('database', () => database.ping());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}

/** Opens the database before anything that injects it is made, and closes it after the servers have stopped. */
@Global()
@Module({})
export class DatabaseModule {
  static forRoot(options: DatabaseOptions): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [{ provide: OPEN_DATABASE, useFactory: () => openDatabase(options) }, Database],
      exports: [Database],
    };
  }
}
