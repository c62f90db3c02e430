import { Problem } from '#libs/http'

export const unknownOrder = (orderId: string): Problem =>
  new Problem(404, { type: 'unknown-order', detail: `no order ${orderId}` })
