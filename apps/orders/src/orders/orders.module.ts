import { Module, type DynamicModule } from '@nestjs/common';
import { OrdersController } from './orders.controller.js';
import { OrdersRepository } from './orders.repository.js';
import { OrdersService } from './orders.service.js';
import { PaymentsClient } from './payments-client.js';

@Module({})
export class OrdersModule {
  static forRoot(payments: ConstructorParameters<typeof PaymentsClient>[0]): DynamicModule {
    return {
      module: OrdersModule,
      controllers: [OrdersController],
      providers: [
        OrdersService,
        OrdersRepository,
        { provide: PaymentsClient, useFactory: () => new PaymentsClient(payments) },
      ],
    };
  }
}
