import type { WorkloadClient } from '@countersign/auth';
import type { OnApplicationShutdown } from '@nestjs/common';

/** Closes the connections to the workloads after the HTTP server has answered its last request. */
export class WorkloadClients implements OnApplicationShutdown {
  constructor(private readonly clients: readonly WorkloadClient[]) {}

  onApplicationShutdown(): void {
    for (const client of this.clients) client.close();
  }
}
