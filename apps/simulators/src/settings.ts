import { z } from 'zod'

export const rate = z.number().min(0).max(1)
/** Up to a minute: beyond it every client has given up. */
export const latency = z.int().min(0).max(60_000)
/** Up to a day. */
export const duration = z.int().min(0).max(86_400_000)

export const paymentSettings = z.strictObject({
  /** Before each POST is worked on. */
  latencyMs: latency,
  /** Of authorizations. */
  declineRate: rate,
  /** Answered with 503. */
  faultRate: rate,
  /** Never answered. */
  timeoutRate: rate,
})
export type PaymentSettings = z.infer<typeof paymentSettings>
export const PAYMENT_DEFAULTS: PaymentSettings = { latencyMs: 5, declineRate: 0, faultRate: 0, timeoutRate: 0 }

export const carrierSettings = z.strictObject({
  latencyMs: latency,
  /** From booking to dispatch; holds for shipments booked from now on, like `deliveryMs`. */
  dispatchMs: duration,
  /** From dispatch to delivery. */
  deliveryMs: duration,
  faultRate: rate,
  /** Of bookings, refused for good. */
  impossibleRate: rate,
  /** Of events, never told to their callback. */
  webhookLossRate: rate,
})
export type CarrierSettings = z.infer<typeof carrierSettings>
export const CARRIER_DEFAULTS: CarrierSettings = {
  latencyMs: 5,
  dispatchMs: 150,
  deliveryMs: 150,
  faultRate: 0,
  impossibleRate: 0,
  webhookLossRate: 0,
}
