import { Access, WorkloadClient } from '@countersign/auth';
import {
  cancelOrder,
  DECLINED_AMOUNT,
  getOrder,
  listOrders,
  order,
  orderDraft,
  orderPage,
  pageRequest,
  payOrder,
  placeOrder,
  resourceId,
  type Order,
  type OrderDraft,
  type OrderPage,
  type PageRequest,
} from '@countersign/contracts';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiHeader,
  ApiOAuth2,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiRefusals } from '../docs/api-refusals.js';
import { IdempotencyKey } from '../idempotency-key.js';
import { ORDERS_CLIENT } from '../workloads/workloads.module.js';

@ApiTags('Orders')
@Controller('orders')
export class OrdersController {
  constructor(@Inject(ORDERS_CLIENT) private readonly orders: WorkloadClient) {}

  @Get()
  @Access({ scopes: ['orders:read'] })
  @ApiOAuth2(['orders:read'])
  @ApiOperation({
    summary: 'Your orders; a merchant also gets those of its shop, an administrator all',
    description: 'Without their items, which the order itself has.',
  })
  @ApiOkResponse({ standardSchema: orderPage })
  list(@Query({ schema: pageRequest }) page: PageRequest): Promise<OrderPage> {
    return this.orders.call(listOrders, page);
  }

  @Post()
  @Access({ scopes: ['orders:write'], roles: ['customer'] })
  @ApiOAuth2(['orders:write'])
  @ApiOperation({ summary: 'Place an order as a customer' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Repeated in a retry, places once' })
  @ApiCreatedResponse({ standardSchema: order, headers: { Location: { schema: { type: 'string' } } } })
  @ApiRefusals('idempotency_key_reused')
  async place(
    @Body({ schema: orderDraft }) draft: OrderDraft,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Order> {
    const placed = await this.orders.call(placeOrder, { ...draft, idempotencyKey });
    reply.header('location', `/orders/${placed.id}`);
    return placed;
  }

  @Get(':id')
  @Access({ scopes: ['orders:read'] })
  @ApiOAuth2(['orders:read'])
  @ApiOperation({ summary: 'One order, with its items' })
  @ApiOkResponse({ standardSchema: order })
  @ApiRefusals('order_not_found')
  get(@Param('id', { schema: resourceId }) id: string): Promise<Order> {
    return this.orders.call(getOrder, { id });
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Access({ scopes: ['orders:write'], roles: ['customer', 'admin'] })
  @ApiOAuth2(['orders:write'])
  @ApiOperation({ summary: 'Cancel an order that is not paid' })
  @ApiOkResponse({ standardSchema: order })
  @ApiRefusals('order_not_found', 'order_not_cancellable')
  cancel(@Param('id', { schema: resourceId }) id: string): Promise<Order> {
    return this.orders.call(cancelOrder, { id });
  }

  @Post(':id/pay')
  @HttpCode(200)
  @Access({ scopes: ['orders:write'], roles: ['customer'] })
  @ApiOAuth2(['orders:write'])
  @ApiOperation({
    summary: 'Pay your order',
    description: `A retry is safe: an order is paid once. A total of ${DECLINED_AMOUNT} minor units is declined.`,
  })
  @ApiOkResponse({ standardSchema: order })
  @ApiRefusals('payment_declined', 'order_not_found', 'order_not_payable', 'payment_conflict')
  pay(@Param('id', { schema: resourceId }) id: string): Promise<Order> {
    return this.orders.call(payOrder, { id });
  }
}
