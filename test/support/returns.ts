import type { Client, Order } from './client.ts'

interface Line {
  readonly sku: string
  readonly quantity: number
}
export interface Return {
  readonly returnId: string
  readonly status: string
  /** What the customer has given away; known when it has ended. */
  readonly returned?: readonly Line[]
}
export type Returns = ReadonlyMap<string, readonly Return[]>

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
