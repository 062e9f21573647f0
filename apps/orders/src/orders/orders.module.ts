import { WorkloadClient, type WorkloadClientOptions } from '@countersign/auth';
import { Module, type DynamicModule } from '@nestjs/common';
import { OrdersController } from './orders.controller.js';
import { OrdersRepository } from './orders.repository.js';
import { OrdersService, PAYMENTS_CLIENT } from './orders.service.js';

@Module({})
export class OrdersModule {
  static forRoot(payments: WorkloadClientOptions): DynamicModule {
    return {
      module: OrdersModule,
      controllers: [OrdersController],
      providers: [
        OrdersService,
        OrdersRepository,
        { provide: PAYMENTS_CLIENT, useFactory: () => new WorkloadClient(payments) },
      ],
    };
  }
}
