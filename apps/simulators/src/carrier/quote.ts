import { z } from 'zod'
import { address, isNowhere, lines } from './shipment.ts'

const DAY_MS = 86_400_000
/** Of every parcel, minor units, whatever the currency. */
const BASE = { domestic: 390, abroad: 890 }
const PER_PIECE = 25
const HOME = 'DE'
const DAYS = { domestic: 2, abroad: 4 }

export const quoteRequest = z.strictObject({ address, lines, currency: z.string().regex(/^[A-Z]{3}$/) })
export type QuoteRequest = z.infer<typeof quoteRequest>

/** What a delivery costs and the day on which it arrives; the same for everybody who asks on one day. */
export const quote = ({ address: to, lines, currency }: QuoteRequest, now: number) => {
  if (isNowhere(to))
    return { status: 422, code: 'impossible', detail: 'the carrier cannot deliver to this address' } as const
  const where = to.country === HOME ? 'domestic' : 'abroad'
  const pieces = lines.reduce((sum, { quantity }) => sum + quantity, 0)
  const cost = { amount: BASE[where] + PER_PIECE * pieces, currency }
  const promisedOn = new Date(now + DAYS[where] * DAY_MS).toISOString().slice(0, 10)
  return { status: 200, body: { cost, promisedOn } } as const
}
