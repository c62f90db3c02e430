import type { ServiceName } from './services.ts'

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/api`, as Fastify writes paths; `pathAtService` says what it is at the service. */
  readonly at: string
  /** Who answers; the next one is asked when the one before does not know the resource yet. */
  readonly from: readonly [ServiceName, ...ServiceName[]]
  /**
   * Whoever asks the same while an answer is on its way gets that one: for lists that cost much and promise no exact
   * moment. What must show a write that was answered before is never shared. `for a second`: also whoever asks soon after,
   * for what every open page asks again and again.
   */
  readonly shared?: true | 'for a second'
  /** With this query parameter, which asks for the past, only the last one is asked: the owner of the events. */
  readonly past?: string
}

/**
 * Who answers what. Lists of orders come from the read model; so does one order, but the read model follows the
 * events by some milliseconds and an order that was answered 201 is never unknown, so its owner is asked next.
 */
export const routes: readonly Route[] = [
  { method: 'POST', at: '/orders', from: ['order'] },
  { method: 'GET', at: '/orders', from: ['query'], shared: true },
  { method: 'GET', at: '/orders/:orderId', from: ['query', 'order'], past: 'asOf' },
  { method: 'GET', at: '/orders/:orderId/events', from: ['order'] },
  { method: 'GET', at: '/orders/:orderId/saga', from: ['order'] },
  { method: 'POST', at: '/orders/:orderId/cancel', from: ['order'] },
  { method: 'POST', at: '/orders/:orderId/returns', from: ['order'] },
  { method: 'GET', at: '/orders/:orderId/returns', from: ['order'] },
  { method: 'GET', at: '/orders/:orderId/returns/:returnId', from: ['order'] },
  { method: 'POST', at: '/quotes', from: ['order'] },
  { method: 'GET', at: '/quotes/:quoteId', from: ['order'] },
  { method: 'GET', at: '/sagas', from: ['order'], shared: true },
  { method: 'GET', at: '/sagas/counts', from: ['order'], shared: 'for a second' },
  { method: 'GET', at: '/sagas/:sagaId', from: ['order'] },
  { method: 'POST', at: '/sagas/:sagaId/steps/:step/retry', from: ['order'] },
  { method: 'POST', at: '/sagas/:sagaId/steps/:step/skip', from: ['order'] },
  { method: 'POST', at: '/sagas/:sagaId/compensate', from: ['order'] },
  { method: 'POST', at: '/topics/:topic/messages', from: ['order'] },
  { method: 'GET', at: '/catalogue', from: ['order'], shared: true },
  { method: 'GET', at: '/stock', from: ['inventory'] },
  { method: 'GET', at: '/stock/:sku', from: ['inventory'] },
  { method: 'GET', at: '/stock/:sku/movements', from: ['inventory'] },
  { method: 'POST', at: '/stock/:sku/receipts', from: ['inventory'] },
  { method: 'GET', at: '/projections', from: ['query'] },
  { method: 'GET', at: '/projections/:name', from: ['query'] },
  { method: 'POST', at: '/projections/:name/rebuild', from: ['query'] },
  { method: 'POST', at: '/projections/:name/switch', from: ['query'] },
  { method: 'POST', at: '/projections/:name/rollback', from: ['query'] },
  { method: 'POST', at: '/projections/:name/cancel', from: ['query'] },
  { method: 'GET', at: '/analytics/reconciliation', from: ['analytics'], shared: true },
  { method: 'POST', at: '/analytics/reconciliation', from: ['analytics'] },
  { method: 'GET', at: '/analytics/rebuild', from: ['analytics'] },
  { method: 'POST', at: '/analytics/rebuild', from: ['analytics'] },
  { method: 'POST', at: '/analytics/rebuild/cancel', from: ['analytics'] },
  { method: 'GET', at: '/analytics/:metric', from: ['analytics'], shared: true },
  { method: 'GET', at: '/sales', from: ['query'], shared: true },
  { method: 'GET', at: '/sales/products', from: ['query'], shared: true },
  { method: 'GET', at: '/customers/:customerId/history', from: ['query'], shared: true },
  { method: 'POST', at: '/customers/:customerId/erasure', from: ['order'] },
  { method: 'GET', at: '/saga-board', from: ['query'], shared: true },
  { method: 'GET', at: '/notifications', from: ['notification'], shared: true },
  { method: 'GET', at: '/notifications/preview', from: ['notification'], shared: true },
  { method: 'GET', at: '/customers/:customerId/notification-preferences', from: ['notification'] },
  { method: 'PUT', at: '/customers/:customerId/notification-preferences', from: ['notification'] },
  { method: 'GET', at: '/campaigns', from: ['notification'] },
  { method: 'POST', at: '/campaigns', from: ['notification'] },
  { method: 'GET', at: '/campaigns/:id', from: ['notification'] },
  { method: 'POST', at: '/campaigns/:id/pause', from: ['notification'] },
  { method: 'POST', at: '/campaigns/:id/resume', from: ['notification'] },
  { method: 'POST', at: '/campaigns/:id/cancel', from: ['notification'] },
  { method: 'GET', at: '/subscriptions', from: ['notification'] },
  { method: 'POST', at: '/subscriptions', from: ['notification'] },
  { method: 'POST', at: '/subscriptions/confirm', from: ['notification'] },
  { method: 'POST', at: '/subscriptions/:id/confirmation', from: ['notification'] },
  { method: 'GET', at: '/subscriptions/:id', from: ['notification'] },
  { method: 'PATCH', at: '/subscriptions/:id', from: ['notification'] },
  { method: 'DELETE', at: '/subscriptions/:id', from: ['notification'] },
  { method: 'GET', at: '/subscriptions/:id/secret', from: ['notification'] },
  { method: 'POST', at: '/subscriptions/:id/secret/rotate', from: ['notification'] },
  { method: 'GET', at: '/subscriptions/:id/deliveries', from: ['notification'] },
  { method: 'POST', at: '/subscriptions/:id/deliveries/:deliveryId/repeat', from: ['notification'] },
  { method: 'POST', at: '/traffic', from: ['simulators'] },
  { method: 'GET', at: '/traffic', from: ['simulators'] },
  { method: 'DELETE', at: '/traffic', from: ['simulators'] },
  { method: 'GET', at: '/simulators/payment/settings', from: ['simulators'] },
  { method: 'PUT', at: '/simulators/payment/settings', from: ['simulators'] },
  { method: 'GET', at: '/simulators/payment/operations', from: ['simulators'] },
  { method: 'GET', at: '/simulators/payment/totals', from: ['simulators'] },
  { method: 'GET', at: '/simulators/carrier/settings', from: ['simulators'] },
  { method: 'PUT', at: '/simulators/carrier/settings', from: ['simulators'] },
  { method: 'GET', at: '/simulators/carrier/shipments', from: ['simulators'] },
  { method: 'GET', at: '/simulators/mailbox', from: ['simulators'] },
  { method: 'GET', at: '/simulators/sms', from: ['simulators'] },
  { method: 'GET', at: '/simulators/sms/settings', from: ['simulators'] },
  { method: 'PUT', at: '/simulators/sms/settings', from: ['simulators'] },
  { method: 'GET', at: '/simulators/push', from: ['simulators'] },
  { method: 'GET', at: '/simulators/push/settings', from: ['simulators'] },
  { method: 'PUT', at: '/simulators/push/settings', from: ['simulators'] },
]

/** The simulators know nothing of the prefix they are shown under. */
export const pathAtService = (pathAndQuery: string): string =>
  pathAndQuery.replace(/^\/api/, '').replace(/^\/simulators/, '')
