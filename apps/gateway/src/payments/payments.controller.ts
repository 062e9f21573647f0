import { Access, WorkloadClient } from '@countersign/auth';
import {
  capturePayment,
  getPayment,
  listPayments,
  pageRequest,
  partOfPayment,
  payment,
  paymentPage,
  refundPayment,
  resourceId,
  type PageRequest,
  type PartOfPayment,
  type Payment,
  type PaymentPage,
} from '@countersign/contracts';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOAuth2, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiRefusals } from '../docs/api-refusals.js';
import { IdempotencyKey } from '../idempotency-key.js';
import { PAYMENTS_CLIENT } from '../workloads/workloads.module.js';

/** No body at all asks for the whole payment. */
const optionalPart = partOfPayment.prefault({});

@ApiTags('Payments')
@Controller('payments')
export class PaymentsController {
  constructor(@Inject(PAYMENTS_CLIENT) private readonly payments: WorkloadClient) {}

  @Get()
  @Access({ scopes: ['payments:read'] })
  @ApiOAuth2(['payments:read'])
  @ApiOperation({ summary: 'Your payments; a merchant also gets those to its shop, an administrator all' })
  @ApiOkResponse({ standardSchema: paymentPage })
  list(@Query({ schema: pageRequest }) page: PageRequest): Promise<PaymentPage> {
    return this.payments.call(listPayments, page);
  }

  @Get(':id')
  @Access({ scopes: ['payments:read'] })
  @ApiOAuth2(['payments:read'])
  @ApiOperation({ summary: 'One payment' })
  @ApiOkResponse({ standardSchema: payment })
  @ApiRefusals('payment_not_found')
  get(@Param('id', { schema: resourceId }) id: string): Promise<Payment> {
    return this.payments.call(getPayment, { id });
  }

  @Post(':id/capture')
  @HttpCode(200)
  @Access({ scopes: ['payments:write'], roles: ['merchant', 'admin'] })
  @ApiOAuth2(['payments:write'])
  @ApiOperation({ summary: 'Take an authorized payment, once, in full or in part' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Repeated in a retry, captures once' })
  @ApiBody({ required: false })
  @ApiOkResponse({ standardSchema: payment })
  @ApiRefusals(
    'payment_not_found',
    'payment_not_capturable',
    'amount_too_large',
    'currency_mismatch',
    'idempotency_key_reused',
  )
  capture(
    @Param('id', { schema: resourceId }) id: string,
    @Body({ schema: optionalPart }) part: PartOfPayment,
    @IdempotencyKey() idempotencyKey: string | undefined,
  ): Promise<Payment> {
    return this.payments.call(capturePayment, { id, ...part, idempotencyKey });
  }

  @Post(':id/refund')
  @HttpCode(200)
  @Access({ scopes: ['payments:write'], roles: ['merchant', 'admin'] })
  @ApiOAuth2(['payments:write'])
  @ApiOperation({ summary: 'Give back what was captured, in full or in parts' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Repeated in a retry, refunds once' })
  @ApiBody({ required: false })
  @ApiOkResponse({ standardSchema: payment })
  @ApiRefusals(
    'payment_not_found',
    'payment_not_refundable',
    'amount_too_large',
    'currency_mismatch',
    'idempotency_key_reused',
  )
  refund(
    @Param('id', { schema: resourceId }) id: string,
    @Body({ schema: optionalPart }) part: PartOfPayment,
    @IdempotencyKey() idempotencyKey: string | undefined,
  ): Promise<Payment> {
    return this.payments.call(refundPayment, { id, ...part, idempotencyKey });
  }
}
