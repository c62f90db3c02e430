import { z } from 'zod'
import { parse } from '#libs/http'

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
  /** Of labels for returns, refused for good. */
  returnImpossibleRate: rate,
  /** From a label for a return to the moment in which the customer hands the parcel over. */
  handoverMs: duration,
  /** From there to the warehouse. */
  returnMs: duration,
  /** Of returned parcels, never to arrive: the carrier says so when they should have. */
  returnLossRate: rate,
  /** Of the lines in a returned parcel, found not to be fit for the shelf. */
  inspectionRefusalRate: rate,
})
export type CarrierSettings = z.infer<typeof carrierSettings>
export const CARRIER_DEFAULTS: CarrierSettings = {
  latencyMs: 5,
  dispatchMs: 150,
  deliveryMs: 150,
  faultRate: 0,
  impossibleRate: 0,
  webhookLossRate: 0,
  returnImpossibleRate: 0,
  handoverMs: 150,
  returnMs: 150,
  returnLossRate: 0,
  inspectionRefusalRate: 0,
}

/** Of the SMS gateway and of the push service, each its own. */
export const textSettings = z.strictObject({
  latencyMs: latency,
  faultRate: rate,
  /** Never answered. */
  timeoutRate: rate,
  /** Messages that are taken in a second, the rest is answered 429; 0: as many as come. */
  throttlePerSecond: z.int().min(0).max(1_000_000),
  /** What `Retry-After` says then, seconds. */
  retryAfterSeconds: z.int().min(0).max(3_600),
  /** Of recipients, not known: refused for good, always the same ones. */
  unknownRate: rate,
})
export type TextSettings = z.infer<typeof textSettings>
export const TEXT_DEFAULTS: TextSettings = {
  latencyMs: 5,
  faultRate: 0,
  timeoutRate: 0,
  throttlePerSecond: 0,
  retryAfterSeconds: 1,
  unknownRate: 0,
}

/** The settings with those in their place that a body names. */
export const withChanges = <Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  current: NoInfer<z.infer<z.ZodObject<Shape>>>,
  body: unknown,
): z.infer<z.ZodObject<Shape>> => parse(schema, { ...current, ...parse(schema.partial(), body) })
