import { z } from 'zod'

/** What traffic is to be like. The same values give the same events, byte for byte. */
export const trafficOptions = z.strictObject({
  /** Events a second, duplicates not counted. */
  rate: z.number().int().min(1).max(1_000_000).default(1_000),
  seconds: z.number().int().min(1).max(86_400).default(60),
  seed: z.number().int().min(0).max(0xffff_ffff).default(1),
  /** How much more the first products are in demand than the others: the exponent of Zipf's law; 0: all alike. */
  skew: z.number().min(0).max(3).default(1),
  /** The part of the events that arrives late, by up to `lateSeconds`. All others by up to 200 ms. */
  late: z.number().min(0).max(1).default(0.01),
  lateSeconds: z.number().int().min(1).max(86_400).default(60),
  /** The part of the events that is sent a second time. */
  duplicates: z.number().min(0).max(1).default(0),
  /** Visitors at a time. */
  visitors: z.number().int().min(1).max(1_000_000).default(5_000),
  /** When the first event happens. Milliseconds since 1970. */
  start: z
    .number()
    .int()
    .min(Date.UTC(2001, 0, 1))
    .max(Date.UTC(2099, 0, 1)),
})
export type TrafficOptions = z.infer<typeof trafficOptions>

export interface TrafficProduct {
  readonly sku: string
  /** In minor units of `currency`. */
  readonly price: number
}

/** What there is to buy, and by whom. */
export interface Shop {
  readonly currency: string
  readonly products: readonly TrafficProduct[]
  readonly customers: readonly string[]
}
