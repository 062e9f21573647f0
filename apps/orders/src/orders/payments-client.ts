import { WorkloadClient } from '@countersign/auth';
import type { OnApplicationShutdown } from '@nestjs/common';

/** Calls payments for the customer whose order it is. */
export class PaymentsClient extends WorkloadClient implements OnApplicationShutdown {
  onApplicationShutdown(): void {
    this.close();
  }
}
