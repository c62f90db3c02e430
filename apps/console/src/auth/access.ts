import { mayAs, type Principal, type StaffRole } from './principal.ts'

/**
 * What of a route is a customer's own: the order, return or quote in its path; the customer in its path; the customer
 * that its query must name; the customer that its body must name; or nothing, for it is nobody's.
 */
export type Owned = 'order' | 'quote' | 'customer' | 'query' | 'body' | 'nobody'

/**
 * The least role of the staff that may, and what of it a customer may; or whoever is known, whatever their role. Without a
 * login: only `anyone`.
 */
export type Access = 'anyone' | 'known' | { readonly staff: StaffRole; readonly customer?: Owned }

const staff = (role: StaffRole): Access => ({ staff: role })
const own = (customer: Owned, role: StaffRole = 'support'): Access => ({ staff: role, customer })

/** Who may do what: every route of the gateway, as Fastify writes paths. What is not in here nobody may. */
export const access = {
  'POST /api/orders': own('body', 'operator'),
  'GET /api/orders': own('query'),
  'GET /api/orders/:orderId': own('order'),
  'GET /api/orders/:orderId/events': own('order'),
  'GET /api/orders/:orderId/saga': own('order'),
  'GET /api/orders/:orderId/messages': staff('support'),
  'POST /api/orders/:orderId/cancel': own('order', 'operator'),
  'POST /api/orders/:orderId/returns': own('order', 'operator'),
  'GET /api/orders/:orderId/returns': own('order'),
  'GET /api/orders/:orderId/returns/:returnId': own('order'),
  'POST /api/quotes': own('body', 'operator'),
  'GET /api/quotes/:quoteId': own('quote'),
  'GET /api/catalogue': own('nobody'),
  'GET /api/customers/:customerId/history': own('customer'),
  'GET /api/customers/:customerId/notification-preferences': own('customer'),
  'PUT /api/customers/:customerId/notification-preferences': own('customer', 'operator'),
  'GET /api/customers/:customerId/export': own('customer', 'admin'),
  'POST /api/customers/:customerId/erasure': staff('admin'),
  'GET /api/notifications': own('query'),
  'GET /api/notifications/preview': staff('support'),
  /** Pages of the shop leave here what their visitors do. */
  'POST /api/events': 'anyone',
  'GET /api/me': 'known',

  'GET /api/sagas': staff('support'),
  'GET /api/sagas/counts': staff('support'),
  'GET /api/sagas/:sagaId': staff('support'),
  'POST /api/sagas/:sagaId/steps/:step/retry': staff('operator'),
  'POST /api/sagas/:sagaId/steps/:step/skip': staff('operator'),
  'POST /api/sagas/:sagaId/compensate': staff('operator'),
  'GET /api/saga-board': staff('support'),
  'GET /api/parked': staff('support'),
  'GET /api/parked/counts': staff('support'),
  'GET /api/parked/:service/:id': staff('support'),
  'POST /api/parked/redrive': staff('operator'),
  'POST /api/parked/:service/:id/:action': staff('operator'),
  'GET /api/parked-effects': staff('support'),
  'GET /api/operations/:id': staff('support'),

  'GET /api/stock': staff('support'),
  'GET /api/stock/:sku': staff('support'),
  'GET /api/stock/:sku/movements': staff('support'),
  'POST /api/stock/:sku/receipts': staff('operator'),
  'GET /api/sales': staff('support'),
  'GET /api/sales/products': staff('support'),
  'GET /api/analytics/live': staff('support'),
  'GET /api/analytics/:metric': staff('support'),
  'GET /api/analytics/reconciliation': staff('support'),
  'POST /api/analytics/reconciliation': staff('operator'),
  'GET /api/analytics/rebuild': staff('support'),
  'POST /api/analytics/rebuild': staff('operator'),
  'POST /api/analytics/rebuild/cancel': staff('operator'),

  'GET /api/campaigns': staff('support'),
  'POST /api/campaigns': staff('operator'),
  'GET /api/campaigns/:id': staff('support'),
  'POST /api/campaigns/:id/pause': staff('operator'),
  'POST /api/campaigns/:id/resume': staff('operator'),
  'POST /api/campaigns/:id/cancel': staff('operator'),
  /** A subscriber is told of every customer's messages. */
  'GET /api/subscriptions': staff('operator'),
  'POST /api/subscriptions': staff('operator'),
  'POST /api/subscriptions/preview': staff('operator'),
  /** By the link in a mail, whose reader has no login. */
  'POST /api/subscriptions/confirm': 'anyone',
  'POST /api/subscriptions/:id/confirmation': staff('operator'),
  'GET /api/subscriptions/:id': staff('operator'),
  'PATCH /api/subscriptions/:id': staff('operator'),
  'DELETE /api/subscriptions/:id': staff('operator'),
  'GET /api/subscriptions/:id/secret': staff('operator'),
  'POST /api/subscriptions/:id/secret/rotate': staff('operator'),
  'GET /api/subscriptions/:id/deliveries': staff('operator'),
  'POST /api/subscriptions/:id/deliveries/:deliveryId/repeat': staff('operator'),

  'GET /api/projections': staff('support'),
  'GET /api/projections/:name': staff('support'),
  'POST /api/projections/:name/rebuild': staff('operator'),
  'POST /api/projections/:name/switch': staff('operator'),
  'POST /api/projections/:name/rollback': staff('operator'),
  'POST /api/projections/:name/cancel': staff('operator'),
  'GET /api/topics': staff('support'),
  'GET /api/topics/:topic': staff('support'),
  'GET /api/topics/:topic/messages': staff('support'),
  'POST /api/topics/:topic/messages': staff('admin'),
  'GET /api/groups': staff('support'),
  'POST /api/groups/:group/offsets': staff('operator'),
  'GET /api/schemas': staff('support'),
  'GET /api/stream': staff('support'),
  'GET /api/traces': staff('support'),
  'GET /api/traces/:traceId': staff('support'),
  'GET /api/health': staff('support'),
  'GET /api/alerts': staff('support'),
  'GET /api/oracle': staff('support'),
  'GET /api/audit': staff('operator'),
  'GET /api/audit/verify': staff('operator'),

  'GET /api/processes': staff('support'),
  'POST /api/processes/:process/:command': staff('admin'),
  'GET /api/log-levels': staff('support'),
  'PUT /api/log-levels/:service': staff('admin'),
  'GET /api/traffic': staff('support'),
  'POST /api/traffic': staff('admin'),
  'DELETE /api/traffic': staff('admin'),
  'GET /api/simulators/payment/settings': staff('support'),
  'PUT /api/simulators/payment/settings': staff('admin'),
  'GET /api/simulators/payment/operations': staff('support'),
  'GET /api/simulators/payment/totals': staff('support'),
  'GET /api/simulators/carrier/settings': staff('support'),
  'PUT /api/simulators/carrier/settings': staff('admin'),
  'GET /api/simulators/carrier/shipments': staff('support'),
  'GET /api/simulators/mailbox': staff('support'),
  'GET /api/simulators/sms': staff('support'),
  'GET /api/simulators/sms/settings': staff('support'),
  'PUT /api/simulators/sms/settings': staff('admin'),
  'GET /api/simulators/push': staff('support'),
  'GET /api/simulators/push/settings': staff('support'),
  'PUT /api/simulators/push/settings': staff('admin'),
} satisfies Readonly<Record<string, Access>>
export type GuardedRoute = keyof typeof access

const table: ReadonlyMap<string, Access> = new Map(Object.entries(access))

/** As the staff that they are, or as a customer of what is theirs. */
export const isFor = (access: Access, principal: Principal): boolean =>
  access === 'anyone' ||
  access === 'known' ||
  mayAs(principal, access.staff) ||
  (access.customer !== undefined && principal.roles.includes('customer'))

/** What the roles of somebody let them ask for at all: what a page may offer them. */
export const routesFor = (principal: Principal): string[] =>
  [...table].flatMap(([route, access]) => (isFor(access, principal) ? [route] : []))

/** @param path as Fastify has it, of a route; HEAD is a GET without its body. */
export const accessTo = (method: string, path: string): Access | undefined =>
  table.get(`${method === 'HEAD' ? 'GET' : method} ${path}`)

const parametersIn = (route: string): number => route.split(':').length

const routes = [...table.keys()].toSorted((a, b) => parametersIn(a) - parametersIn(b))

/** @param path as the OpenAPI document has it, `/api/orders/{orderId}`. */
export const accessDescribed = (method: string, path: string): Access | undefined => {
  const wanted = `${method.toUpperCase()} ${path}`.split('/')
  const found = routes.find((route) => {
    const parts = route.split('/')
    return parts.length === wanted.length && parts.every((part, i) => part === wanted[i] || part.startsWith(':'))
  })
  return found === undefined ? undefined : table.get(found)
}
