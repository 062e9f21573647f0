import { Module, type DynamicModule } from '@nestjs/common';
import type { AuthConfig } from '../app.config.js';
import { loadResourceServers } from './load-resource-servers.js';
import { ResourceServers } from './resource-servers.js';

@Module({})
export class ResourceServersModule {
  /** Reads the resource servers at once: a fault in them is told before a database is opened. */
  static forRoot(config: AuthConfig): DynamicModule {
    const resourceServers = loadResourceServers(config);
    return {
      module: ResourceServersModule,
      global: true, // one list for the whole process
      providers: [{ provide: ResourceServers, useFactory: () => resourceServers }],
      exports: [ResourceServers],
    };
  }
}
