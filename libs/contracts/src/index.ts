export { applicationErrors, type ApplicationErrorCode } from './application-errors.js';
export { idempotencyKey } from './idempotency-key.js';
export type { Money } from './money.js';
export {
  cancelOrder,
  getOrder,
  listOrders,
  order,
  orderDraft,
  orderPage,
  payOrder,
  placeOrder,
  totalAmount,
  type Order,
  type OrderDraft,
  type OrderItem,
  type OrderPage,
  type OrderState,
  type OrderSummary,
  type PlaceOrderRequest,
} from './orders.js';
export { cursorAfter, idBeforeCursor, pageRequest, type PageRequest } from './page.js';
export {
  abandonPayment,
  authorizePayment,
  capturePayment,
  DECLINED_AMOUNT,
  getPayment,
  listPayments,
  partOfPayment,
  payment,
  paymentPage,
  refundPayment,
  type AbandonPaymentRequest,
  type AuthorizedBy,
  type AuthorizePaymentRequest,
  type PartOfPayment,
  type Payment,
  type PaymentPage,
  type PaymentState,
  type SettlementRequest,
} from './payments.js';
export { resourceId, type ResourceRequest } from './resource-id.js';
