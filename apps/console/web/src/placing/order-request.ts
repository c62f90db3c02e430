import type { OrderRequest } from '../server/types.ts'
import type { Kind } from './kinds.ts'

interface Wish {
  readonly customerId: string
  readonly sku: string
  readonly quantity: number
  readonly token: Kind
}

export const orderRequest = ({ customerId, sku, quantity, token }: Wish): OrderRequest => ({
  customerId,
  items: [{ sku, quantity }],
  payment: { token },
  shippingAddress: {
    givenName: 'Ada',
    familyName: 'Lindqvist',
    line1: 'Storgatan 1',
    city: 'Umeå',
    postalCode: '903 26',
    country: 'SE',
  },
})

/** The same request for a shell, with everything that it takes literally. */
export const asCurl = (origin: string, key: string, body: OrderRequest): string =>
  [
    `curl -i ${origin}/api/orders`,
    `-H 'Idempotency-Key: ${quoted(key)}'`,
    "-H 'Content-Type: application/json'",
    `-d '${quoted(JSON.stringify(body))}'`,
  ].join(' \\\n  ')

const quoted = (text: string): string => text.replaceAll("'", "'\\''")
