import { type Forwarder, READ, refusedBy } from '../forwarder.ts'
import { queryString } from '../gathered.ts'

/** Of one answer; who has more is told so. */
const MOST_ORDERS = 500
const PAGE = 200
/** Orders asked for at the same time. */
const AT_ONCE = 8
const MOST_NOTIFICATIONS = 500

interface History {
  readonly items: readonly { readonly orderId: string }[]
  readonly totals: unknown
  readonly nextCursor: string | null
}

/**
 * All that is held of a customer: every order with its events and returns, what they were told and where, how they want to be
 * told. Personal data is sealed in it; it is opened like that of every answer, on the way out.
 */
export const exportOf = async (forwarder: Forwarder, customerId: string) => {
  const history = await historyOf(forwarder, customerId)
  const orders: unknown[] = []
  for (let at = 0; at < history.orders.length; at += AT_ONCE)
    orders.push(...(await Promise.all(history.orders.slice(at, at + AT_ONCE).map((id) => orderOf(forwarder, id)))))
  const [preferences, notifications] = await Promise.all([
    forwarder.get('notification', `/customers/${customerId}/notification-preferences`, READ),
    forwarder.get<{ items: readonly unknown[] }>(
      'notification',
      `/notifications${queryString({ customerId, limit: MOST_NOTIFICATIONS })}`,
      READ,
    ),
  ])
  return {
    ...{ customerId, totals: history.totals, preferences, orders, notifications: notifications.items },
    /** False: there are more orders or notifications than fit into one answer. */
    complete: history.complete && notifications.items.length < MOST_NOTIFICATIONS,
  }
}

const historyOf = async (forwarder: Forwarder, customerId: string) => {
  const orders: string[] = []
  let totals: unknown = []
  for (let cursor: string | undefined; ; ) {
    const path = `/customers/${customerId}/history${queryString({ limit: PAGE, cursor })}`
    const answer = await forwarder.forward('query', { method: 'GET', path, headers: {} }, READ)
    // Whoever has not ordered anything may have said how they want to be told.
    if (answer.status === 404) return { orders, totals, complete: true }
    if (answer.status !== 200) throw refusedBy('query', answer)
    const page = JSON.parse(answer.body.toString('utf8')) as History
    orders.push(...page.items.map(({ orderId }) => orderId))
    totals = page.totals
    if (page.nextCursor === null) return { orders: orders.slice(0, MOST_ORDERS), totals, complete: true }
    if (orders.length >= MOST_ORDERS) return { orders: orders.slice(0, MOST_ORDERS), totals, complete: false }
    cursor = page.nextCursor
  }
}

const orderOf = async (forwarder: Forwarder, orderId: string) => {
  const [order, events, returns] = await Promise.all(
    ['', '/events', '/returns'].map((part) =>
      forwarder.get<{ items?: unknown }>('order', `/orders/${orderId}${part}`, READ),
    ),
  )
  return { ...order, events: events?.items ?? events, returns: returns?.items ?? returns }
}
