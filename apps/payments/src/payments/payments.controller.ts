import { Access, CurrentCaller, CurrentPrincipal, type Caller, type Principal } from '@countersign/auth';
import {
  abandonPayment,
  authorizePayment,
  capturePayment,
  getPayment,
  listPayments,
  refundPayment,
  type AbandonPaymentRequest,
  type AuthorizePaymentRequest,
  type PageRequest,
  type Payment,
  type PaymentPage,
  type ResourceRequest,
  type SettlementRequest,
} from '@countersign/contracts';
import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { PaymentsService } from './payments.service.js';

@Controller()
export class PaymentsController {
  constructor(private readonly payments: PaymentsService) {}

  /** Paying is part of the order: the customer's scope is orders:write, and only orders may ask. */
  @MessagePattern(authorizePayment.pattern)
  @Access({ scopes: ['orders:write'], roles: ['customer'], from: ['orders'] })
  authorize(
    @CurrentCaller() caller: Caller,
    @Payload({ schema: authorizePayment.request }) request: AuthorizePaymentRequest,
  ): Promise<Payment> {
    return this.payments.authorize(caller, request);
  }

  @MessagePattern(abandonPayment.pattern)
  @Access({ scopes: ['orders:write'], roles: ['customer', 'admin'], from: ['orders'] })
  abandon(
    @CurrentCaller() caller: Caller,
    @Payload({ schema: abandonPayment.request }) request: AbandonPaymentRequest,
  ): Promise<Payment> {
    return this.payments.abandon(caller, request);
  }

  @MessagePattern(getPayment.pattern)
  @Access({ scopes: ['payments:read'], from: ['gateway'] })
  get(
    @CurrentPrincipal() principal: Principal,
    @Payload({ schema: getPayment.request }) { id }: ResourceRequest,
  ): Promise<Payment> {
    return this.payments.get(principal, id);
  }

  @MessagePattern(listPayments.pattern)
  @Access({ scopes: ['payments:read'], from: ['gateway'] })
  list(
    @CurrentPrincipal() principal: Principal,
    @Payload({ schema: listPayments.request }) page: PageRequest,
  ): Promise<PaymentPage> {
    return this.payments.list(principal, page);
  }

  @MessagePattern(capturePayment.pattern)
  @Access({ scopes: ['payments:write'], roles: ['merchant', 'admin'], from: ['gateway'] })
  capture(
    @CurrentPrincipal() principal: Principal,
    @Payload({ schema: capturePayment.request }) request: SettlementRequest,
  ): Promise<Payment> {
    return this.payments.capture(principal, request);
  }

  @MessagePattern(refundPayment.pattern)
  @Access({ scopes: ['payments:write'], roles: ['merchant', 'admin'], from: ['gateway'] })
  refund(
    @CurrentPrincipal() principal: Principal,
    @Payload({ schema: refundPayment.request }) request: SettlementRequest,
  ): Promise<Payment> {
    return this.payments.refund(principal, request);
  }
}
