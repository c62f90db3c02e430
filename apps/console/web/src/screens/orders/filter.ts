import type { OrderSummary } from '../../server/types.ts'

export type OrderStatus = OrderSummary['status']

/** All statuses; a new one in the contracts does not compile until it is here. */
const STATUSES = {
  placed: true,
  confirmed: true,
  shipped: true,
  completed: true,
  rejected: true,
  cancelled: true,
} as const satisfies Record<OrderStatus, true>
export const statuses = Object.keys(STATUSES) as OrderStatus[]

/** What is looked for, as it stands in the address. */
export interface OrderFilter {
  readonly customer?: string
  readonly status?: OrderStatus
}

const CUSTOMER = /^[A-Za-z0-9_-]{1,64}$/
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Of anything that may stand in an address: what makes no sense is left out. */
export const orderFilter = ({ customer, status }: Record<string, unknown>): OrderFilter => ({
  ...(typeof customer === 'string' && CUSTOMER.test(customer) && { customer }),
  ...(typeof status === 'string' && Object.hasOwn(STATUSES, status) && { status: status as OrderStatus }),
})

/** What somebody types who looks for orders: an order's id leads to it, anything else is a customer. */
export const meaning = (
  typed: string,
):
  | { kind: 'nothing' }
  | { kind: 'order'; orderId: string }
  | { kind: 'customer'; customer: string }
  | { kind: 'unclear' } => {
  const text = typed.trim()
  if (text === '') return { kind: 'nothing' }
  if (UUID.test(text)) return { kind: 'order', orderId: text.toLowerCase() }
  return CUSTOMER.test(text) ? { kind: 'customer', customer: text } : { kind: 'unclear' }
}
