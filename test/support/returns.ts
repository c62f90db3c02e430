import { type Client, type Order, TERMINAL } from './client.ts'
import { until } from './until.ts'

export interface Line {
  readonly sku: string
  readonly quantity: number
}
export interface Return {
  readonly returnId: string
  readonly status: string
  /** What the customer has given away; known when it has ended. */
  readonly returned?: readonly Line[]
}
/** What a return may come to. */
export const RETURN_ENDS: ReadonlySet<string> = new Set(['completed', 'refused', 'lost', 'impossible', 'cancelled'])
export type Returns = ReadonlyMap<string, readonly Return[]>

/**
 * Has an order's pieces taken back, in as many returns at once, when it has been delivered; answers their ids. An order
 * that ended otherwise has nothing to give back. Whatever is killed meanwhile, it asks again.
 */
export const sendBack = async (client: Client, orderId: string, wishes: readonly Line[][]): Promise<string[]> => {
  if (wishes.length === 0) return []
  const { status } = await until(
    `order ${orderId} to end`,
    async () => {
      const order = await client.order(orderId).catch(() => undefined)
      return order !== undefined && TERMINAL.has(order.status) ? order : undefined
    },
    { timeoutMs: 300_000, everyMs: 500 },
  )
  if (status !== 'completed') return []
  const returnIds = await Promise.all(wishes.map((items) => client.returnSurely(orderId, items)))
  return returnIds.map((returnId) => {
    if (returnId === undefined) throw new Error(`order ${orderId} does not take its own pieces back`)
    return returnId
  })
}

/** Resolves when a saga, such as that of a return, needs nobody any more. */
export const sagaEnded = async (client: Client, sagaId: string): Promise<void> => {
  await until(`saga ${sagaId} to end`, async () => {
    const { state } = await client.get<{ state: string }>(`/api/sagas/${sagaId}`)
    return ['completed', 'compensated'].includes(state) || undefined
  })
}

/** The returns of all orders that have any, by the order: found by their sagas, so that no other order is asked for. */
export const allReturns = async (client: Client): Promise<Returns> => {
  const orderIds = new Set<string>()
  let cursor: string | null = ''
  while (cursor !== null) {
    const after = cursor === '' ? '' : `&cursor=${cursor}`
    const page: { items: { orderId: string }[]; nextCursor: string | null } = await client.get(
      `/api/sagas?type=return&limit=200${after}`,
    )
    for (const { orderId } of page.items) orderIds.add(orderId)
    cursor = page.nextCursor
  }
  const returns = new Map<string, readonly Return[]>()
  for (const orderId of orderIds)
    returns.set(orderId, (await client.get<{ items: Return[] }>(`/api/orders/${orderId}/returns`)).items)
  return returns
}

export const returnIdsIn = (returns: Returns): string[] => [...returns.values()].flat().map(({ returnId }) => returnId)

/** What the customer paid for the pieces that are not the customer's any more. */
export const worthOf = ({ items }: Order, returns: readonly Return[] = []): number => {
  const prices = new Map(items.map(({ sku, unitPrice }) => [sku, unitPrice.amount]))
  return returns
    .flatMap(({ returned = [] }) => returned)
    .reduce((sum, { sku, quantity }) => sum + prices.get(sku)! * quantity, 0)
}

/** The pieces that are on the shelf again: what the carrier lost is not. */
export const restocked = (returns: Returns): ReadonlyMap<string, number> => {
  const pieces = new Map<string, number>()
  for (const { status, returned = [] } of [...returns.values()].flat())
    if (status === 'completed')
      for (const { sku, quantity } of returned) pieces.set(sku, (pieces.get(sku) ?? 0) + quantity)
  return pieces
}
