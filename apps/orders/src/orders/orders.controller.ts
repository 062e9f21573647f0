import { Access, CurrentPrincipal, type Principal } from '@countersign/auth';
import {
  cancelOrder,
  getOrder,
  listOrders,
  payOrder,
  placeOrder,
  type Order,
  type OrderPage,
  type PageRequest,
  type PlaceOrderRequest,
  type ResourceRequest,
} from '@countersign/contracts';
import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { OrdersService } from './orders.service.js';

@Controller()
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @MessagePattern(placeOrder.pattern)
  @Access({ scopes: ['orders:write'], roles: ['customer'], from: ['gateway'] })
  place(
    @CurrentPrincipal() principal: Principal,
    @Payload({ schema: placeOrder.request }) request: PlaceOrderRequest,
  ): Promise<Order> {
    return this.orders.place(principal, request);
  }

  @MessagePattern(getOrder.pattern)
  @Access({ scopes: ['orders:read'], from: ['gateway'] })
  get(
    @CurrentPrincipal() principal: Principal,
    @Payload({ schema: getOrder.request }) { id }: ResourceRequest,
  ): Promise<Order> {
    return this.orders.get(principal, id);
  }

  @MessagePattern(listOrders.pattern)
  @Access({ scopes: ['orders:read'], from: ['gateway'] })
  list(
    @CurrentPrincipal() principal: Principal,
    @Payload({ schema: listOrders.request }) page: PageRequest,
  ): Promise<OrderPage> {
    return this.orders.list(principal, page);
  }

  @MessagePattern(cancelOrder.pattern)
  @Access({ scopes: ['orders:write'], roles: ['customer', 'admin'], from: ['gateway'] })
  cancel(
    @CurrentPrincipal() principal: Principal,
    @Payload({ schema: cancelOrder.request }) { id }: ResourceRequest,
  ): Promise<Order> {
    return this.orders.cancel(principal, id);
  }

  @MessagePattern(payOrder.pattern)
  @Access({ scopes: ['orders:write'], roles: ['customer'], from: ['gateway'] })
  pay(
    @CurrentPrincipal() principal: Principal,
    @Payload({ schema: payOrder.request }) { id }: ResourceRequest,
  ): Promise<Order> {
    return this.orders.pay(principal, id);
  }
}
