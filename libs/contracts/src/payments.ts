import { z } from 'zod';
import { idempotencyKey } from './idempotency-key.js';
import { identifier } from './identifier.js';
import { defineMessage } from './message.js';
import { money } from './money.js';
import { pageOf, pageRequest } from './page.js';
import { resourceId, resourceRequest } from './resource-id.js';
import { timestamp } from './timestamp.js';

const paymentState = z.enum(['authorized', 'captured', 'refunded', 'abandoned']).meta({
  description:
    'authorized: held for the merchant; captured: taken, and perhaps refunded in part; refunded: all of what ' +
    'was taken is given back; abandoned: the order was cancelled before its payment was authorized',
});

export type PaymentState = z.output<typeof paymentState>;

/** The subject, through which client, by which workload, in which transaction. */
const authorizedBy = z
  .strictObject({
    subject: identifier,
    clientId: identifier,
    workload: identifier,
    txn: identifier,
  })
  .meta({ id: 'AuthorizedBy', description: 'Who had the payment authorized, or abandoned, as verified' });

export type AuthorizedBy = z.output<typeof authorizedBy>;

const nonNegativeMinorUnits = z.int().min(0);

export const payment = z
  .strictObject({
    id: resourceId,
    orderId: resourceId,
    state: paymentState,
    customerId: identifier.meta({ description: 'Subject who pays' }),
    merchantId: resourceId,
    amount: money.meta({ description: 'What was authorized' }),
    capturedAmount: nonNegativeMinorUnits.meta({ description: 'Minor units taken' }),
    refundedAmount: nonNegativeMinorUnits.meta({ description: 'Minor units given back' }),
    authorizedBy,
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Payment', description: 'The payment of an order' });

export type Payment = z.output<typeof payment>;

export const paymentPage = pageOf(payment).meta({ id: 'PaymentPage', description: 'Payments, newest first' });

export type PaymentPage = z.output<typeof paymentPage>;

/** Stands in for a card that is refused: an order of this total, in any currency, is declined. */
export const DECLINED_AMOUNT = 40_200;

/** Authorizes the payment of an order for the calling subject. Asked again for the same order, it answers the same. */
export const authorizePayment = defineMessage({
  pattern: 'payments.authorize',
  request: z.strictObject({ orderId: resourceId, merchantId: resourceId, amount: money }),
  response: payment,
});

export type AuthorizePaymentRequest = z.output<typeof authorizePayment.request>;

/**
 * Makes sure that an order's payment cannot be authorized from here on, and answers the abandoned payment, or the
 * one that had been authorized before. orders asks when an attempt's outcome is unknown and the order is to be
 * cancelled: payments is the arbiter, so that no cancelled order is paid.
 */
export const abandonPayment = defineMessage({
  pattern: 'payments.abandon',
  request: authorizePayment.request.extend({ customerId: identifier }),
  response: payment,
});

export type AbandonPaymentRequest = z.output<typeof abandonPayment.request>;

export const getPayment = defineMessage({
  pattern: 'payments.get',
  request: resourceRequest,
  response: payment,
});

export const listPayments = defineMessage({
  pattern: 'payments.list',
  request: pageRequest,
  response: paymentPage,
});

/** How much to capture or refund; left out, all that can be. */
export const partOfPayment = z
  .strictObject({ amount: money.optional() })
  .meta({ id: 'PartOfPayment', description: 'How much of it; left out: all that is left' });

export type PartOfPayment = z.output<typeof partOfPayment>;

const settlementRequest = resourceRequest.extend({
  ...partOfPayment.shape,
  idempotencyKey: idempotencyKey.optional(),
});

export const capturePayment = defineMessage({
  pattern: 'payments.capture',
  request: settlementRequest,
  response: payment,
});

export const refundPayment = defineMessage({
  pattern: 'payments.refund',
  request: settlementRequest,
  response: payment,
});

/** What capturing and refunding take alike. */
export type SettlementRequest = z.output<typeof settlementRequest>;
