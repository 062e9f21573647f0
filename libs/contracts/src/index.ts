export { applicationErrors, type ApplicationErrorCode } from './application-errors.js';
export type { Money } from './money.js';
export {
  cancelOrder,
  getOrder,
  idempotencyKey,
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
  type CapturePaymentRequest,
  type PartOfPayment,
  type Payment,
  type PaymentPage,
  type PaymentState,
  type RefundPaymentRequest,
} from './payments.js';
export { resourceId, type ResourceRequest } from './resource-id.js';
