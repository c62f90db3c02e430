import type { Client, Order } from './client.ts'
import { TERMINAL } from './client.ts'
import { until } from './until.ts'

/**
 * Checks the promises of the system from outside, from what its users and the world around it can see: the orders,
 * the payment provider's own ledger, the stock, and the mails that arrived. Answers every violation, in words.
 */
export const violations = async (client: Client, orders: readonly Order[], before: StockLevels): Promise<string[]> => [
  ...unfinished(orders),
  ...(await wrongMoney(client, orders)),
  ...(await wrongStock(client, orders, before)),
  ...(await wrongMails(client, orders)),
]

export type StockLevels = ReadonlyMap<string, { onHand: number; reserved: number }>

export const stockLevels = async (client: Client): Promise<StockLevels> => {
  const { items } = await client.get<{ items: { sku: string; onHand: number; reserved: number }[] }>('/api/stock')
  return new Map(items.map(({ sku, onHand, reserved }) => [sku, { onHand, reserved }]))
}

const unfinished = (orders: readonly Order[]): string[] =>
  orders
    .filter(({ status }) => !TERMINAL.has(status))
    .map(({ orderId, status }) => `order ${orderId} is still ${status}`)

/** Captured − refunded is the price of an order that stands, and nothing stays authorized of one that does not. */
const wrongMoney = async (client: Client, orders: readonly Order[]): Promise<string[]> => {
  const problems: string[] = []
  for (const { orderId, status, total } of orders) {
    const sums: Record<string, number> = { authorize: 0, capture: 0, void: 0, refund: 0 }
    for (const { operation, amount, result } of await client.operations(orderId))
      if (result === 'ok') sums[operation]! += amount
    const kept = sums.capture! - sums.refund!
    const due = status === 'completed' ? total.amount : 0
    if (kept !== due) problems.push(`order ${orderId} (${status}): captured − refunded is ${kept}, not ${due}`)
    const held = sums.authorize! - sums.void! - sums.capture!
    if (held !== 0) problems.push(`order ${orderId} (${status}): ${held} stays authorized`)
  }
  return problems
}

/** What left the warehouse is what was delivered, and nothing stays reserved. */
const wrongStock = async (client: Client, orders: readonly Order[], before: StockLevels): Promise<string[]> => {
  const sold = new Map<string, number>()
  for (const { status, items } of orders)
    if (status === 'completed') for (const { sku, quantity } of items) sold.set(sku, (sold.get(sku) ?? 0) + quantity)
  const after = await stockLevels(client)
  return [...before].flatMap(([sku, { onHand, reserved }]) => {
    const now = after.get(sku)
    const expected = onHand - (sold.get(sku) ?? 0)
    return now?.onHand === expected && now.reserved === reserved
      ? []
      : [`stock of ${sku} is ${JSON.stringify(now)}, not onHand ${expected} and reserved ${reserved}`]
  })
}

const LAST_MAIL: Record<string, string> = {
  completed: 'order_completed',
  rejected: 'order_rejected',
  cancelled: 'order_cancelled',
}

/** Every end is told, and nothing is told twice. */
const wrongMails = async (client: Client, orders: readonly Order[]): Promise<string[]> => {
  const problems: string[] = []
  for (const customerId of new Set(orders.map((order) => order.customerId))) {
    const mine = orders.filter((order) => order.customerId === customerId)
    const told = await until(
      `the last mails to ${customerId}`,
      async () => {
        const mails = await mailsTo(client, customerId)
        return mine.every(({ orderId, status }) =>
          mails.some((mail) => mail.orderId === orderId && mail.kind === LAST_MAIL[status]),
        )
          ? mails
          : undefined
      },
      { timeoutMs: 60_000, everyMs: 250 },
    ).catch((error: Error) => error)
    if (told instanceof Error) problems.push(told.message)
    else {
      const counts = Map.groupBy(told, ({ orderId, kind }) => `${kind} of order ${orderId}`)
      for (const [what, copies] of counts)
        if (copies.length > 1) problems.push(`${what} was told ${copies.length} times`)
    }
  }
  return problems
}

const mailsTo = async (client: Client, customerId: string) => {
  const { items } = await client.get<{ items: { to: string }[] }>(`/api/notifications?customerId=${customerId}&limit=1`)
  return items[0] === undefined ? [] : client.mails(items[0].to)
}
