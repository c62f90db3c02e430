import type { Client, Order } from './client.ts'
import { TERMINAL } from './client.ts'
import { allReturns, RETURN_ENDS, type Return, type Returns, restocked, worthOf } from './returns.ts'
import { wrongHistories } from './stock-history.ts'
import { until } from './until.ts'

/**
 * Checks the promises of the system from outside, from what its users and the world around it can see: the orders, the
 * payment provider's own ledger, the stock, the mails that arrived, the sagas and the parked messages. Answers every
 * violation, in words. `repeatedMails`: how often a mail may have been sent again; each process that is killed or
 * frozen while mails are under way may repeat those, `MAILS_UNDER_WAY` at most. `mayStayParked`: what of parked messages
 * says that one is no violation, and not waited for.
 */
export const violations = async (
  client: Client,
  orders: readonly Order[],
  before: StockLevels,
  { repeatedMails = 0, mayStayParked }: { readonly repeatedMails?: number; readonly mayStayParked?: RegExp } = {},
): Promise<string[]> => {
  const unended = [...unfinished(orders), ...(await unfinishedSagas(client)), ...(await parked(client, mayStayParked))]
  const returns = await allReturns(client)
  return [
    ...unended,
    ...unfinishedReturns(returns),
    ...(await wrongViews(client, orders, returns)),
    ...(await wrongMoney(client, orders, returns)),
    ...(await wrongStock(client, orders, returns, before)),
    ...(await wrongHistories(client)),
    ...(await wrongMails(client, orders, returns)),
    ...(await repeated(client, repeatedMails)),
  ]
}

/** The notification service's connections to its mail server. */
export const MAILS_UNDER_WAY = 32

export type StockLevels = ReadonlyMap<string, { onHand: number; reserved: number }>

export const stockLevels = async (client: Client): Promise<StockLevels> => {
  const { items } = await client.get<{ items: { sku: string; onHand: number; reserved: number }[] }>('/api/stock')
  return new Map(items.map(({ sku, onHand, reserved }) => [sku, { onHand, reserved }]))
}

const unfinished = (orders: readonly Order[]): string[] =>
  orders
    .filter(({ status }) => !TERMINAL.has(status))
    .map(({ orderId, status }) => `order ${orderId} is still ${status}`)

const unfinishedReturns = (returns: Returns): string[] =>
  [...returns.values()]
    .flat()
    .filter(({ status }) => !RETURN_ENDS.has(status))
    .map(({ returnId, status }) => `return ${returnId} is still ${status}`)

/** Every saga ends, and none calls for a human. */
const unfinishedSagas = async (client: Client): Promise<string[]> => {
  const inState = async (state: string): Promise<string[]> => {
    const { items } = await client.get<{ items: { sagaId: string }[] }>(`/api/sagas?state=${state}&limit=200`)
    return items.map(({ sagaId }) => `saga ${sagaId} is ${state}`)
  }
  const unended = async () => [...(await inState('running')), ...(await inState('compensating'))]
  await until('the sagas to end', async () => (await unended()).length === 0 || undefined).catch(() => {})
  return [...(await unended()), ...(await inState('needs_attention'))]
}

/** Nothing is put aside; what is tried again is given the time for that. */
const parked = async (client: Client, mayStay?: RegExp): Promise<string[]> => {
  const words = async (path: string): Promise<string[]> => {
    const { items } = await client.get<{ items: object[] }>(path)
    return items.map((item) => `${path} has ${JSON.stringify(item)}`).filter((word) => !mayStay?.test(word))
  }
  const all = async () => [...(await words('/api/parked')), ...(await words('/api/parked-effects'))]
  await until('parked messages to be handled', async () => (await all()).length === 0 || undefined).catch(() => {})
  return all()
}

/** The parts of a view, which come from several topics, agree with each other, at last. */
const wrongViews = async (client: Client, orders: readonly Order[], returns: Returns): Promise<string[]> => {
  const problems = await Promise.all(
    orders
      .filter((order) => !agrees(order, returns.get(order.orderId)))
      .map(async ({ orderId }) => {
        const asked = async () => agrees(await client.order(orderId), returns.get(orderId)) || undefined
        return until(`the view of order ${orderId} to agree with itself`, asked).catch(String)
      }),
  )
  return problems.filter((problem) => problem !== true)
}

const agrees = (order: Order, returns: readonly Return[] | undefined): boolean => {
  const { status, payment, shipment } = order
  if (status !== 'completed')
    return !['authorized', 'captured'].includes(payment.status) && shipment?.status !== 'delivered'
  const isRefunded = payment.refunded.amount === worthOf(order, returns)
  return payment.status === 'captured' && shipment?.status === 'delivered' && isRefunded
}

/** Captured − refunded is the price of what the customer kept of an order that stands, and nothing stays authorized of one that does not. */
const wrongMoney = async (client: Client, orders: readonly Order[], returns: Returns): Promise<string[]> => {
  const problems: string[] = []
  for (const order of orders) {
    const { orderId, status, total } = order
    const sums: Record<string, number> = { authorize: 0, capture: 0, void: 0, refund: 0 }
    for (const { operation, amount, result } of await client.operations(orderId))
      if (result === 'ok') sums[operation]! += amount
    const kept = sums.capture! - sums.refund!
    const due = status === 'completed' ? total.amount - worthOf(order, returns.get(orderId)) : 0
    if (kept !== due) problems.push(`order ${orderId} (${status}): captured − refunded is ${kept}, not ${due}`)
    const held = sums.authorize! - sums.void! - sums.capture!
    if (held !== 0) problems.push(`order ${orderId} (${status}): ${held} stays authorized`)
  }
  return problems
}

/** What left the warehouse is what was delivered, less what came back, and nothing stays reserved. */
const wrongStock = async (
  client: Client,
  orders: readonly Order[],
  returns: Returns,
  before: StockLevels,
): Promise<string[]> => {
  const sold = new Map<string, number>()
  for (const { status, items } of orders)
    if (status === 'completed') for (const { sku, quantity } of items) sold.set(sku, (sold.get(sku) ?? 0) + quantity)
  const back = restocked(returns)
  const after = await stockLevels(client)
  return [...before].flatMap(([sku, { onHand, reserved }]) => {
    const now = after.get(sku)
    const expected = onHand - (sold.get(sku) ?? 0) + (back.get(sku) ?? 0)
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

/** Every end is told, of orders and of returns, and nothing is told twice. */
const wrongMails = async (client: Client, orders: readonly Order[], returns: Returns): Promise<string[]> => {
  const problems: string[] = []
  const most = mostReturnMails(returns)
  for (const customerId of new Set(orders.map((order) => order.customerId))) {
    const mine = orders.filter((order) => order.customerId === customerId)
    const due = mine.flatMap((order) => lastMails(order, returns.get(order.orderId)))
    const arrived = await until(
      `the last mails to ${customerId}`,
      async () => {
        const mails = countsOf((await mailsTo(client, customerId)).map(nameOf))
        return [...countsOf(due)].every(([what, count]) => (mails.get(what) ?? 0) >= count) ? mails : undefined
      },
      { timeoutMs: 60_000, everyMs: 250 },
    ).catch((error: Error) => error)
    if (arrived instanceof Error) problems.push(arrived.message)
    else {
      for (const [what, copies] of arrived)
        if (copies > (most.get(what) ?? (what.startsWith('return_') ? 0 : 1)))
          problems.push(`${what} was told ${copies} times`)
    }
  }
  return problems
}

const nameOf = ({ kind, orderId }: { readonly kind: string; readonly orderId: string }): string =>
  `${kind} of order ${orderId}`

const countsOf = (names: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

/** What must have arrived of an order: its end, and the end of each of its returns. */
const lastMails = ({ orderId, status }: Order, returns: readonly Return[] = []): string[] =>
  [LAST_MAIL[status] ?? 'no end', ...returns.map((one) => `return_${one.status}`)].map((kind) =>
    nameOf({ kind, orderId }),
  )

/** What is told of each return at most. Anything else is told of an order once. */
const mostReturnMails = (returns: Returns): ReadonlyMap<string, number> => {
  const steps = ['requested', 'label_issued', 'received', 'inspected']
  const named = [...returns].flatMap(([orderId, all]) =>
    all.flatMap(({ status }) => [...steps, status].map((step) => nameOf({ kind: `return_${step}`, orderId }))),
  )
  return countsOf(named)
}

const mailsTo = async (client: Client, customerId: string) => {
  const { items } = await client.get<{ items: { to: string }[] }>(`/api/notifications?customerId=${customerId}&limit=1`)
  return items[0] === undefined ? [] : client.mails(items[0].to)
}

/** A mailbox suppresses what it has already: there a repeat shows, and nowhere else. */
const repeated = async (client: Client, allowed: number): Promise<string[]> => {
  const { suppressed } = await client.get<{ suppressed: number }>('/api/simulators/mailbox?limit=1')
  return suppressed > allowed ? [`${suppressed} mails were sent again, not ${allowed} at most`] : []
}
