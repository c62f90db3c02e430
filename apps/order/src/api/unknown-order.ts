import { orderId } from '#libs/contracts'
import { Problem } from '#libs/http'

export const unknownOrder = (orderId: string): Problem =>
  new Problem(404, { type: 'unknown-order', detail: `no order ${orderId}` })

/** The id in an address, as we write it. What cannot be an id is no order's. */
export const orderIdFrom = (text: string): string => {
  const { success, data } = orderId.safeParse(text)
  if (!success) throw unknownOrder(text)
  return data
}
