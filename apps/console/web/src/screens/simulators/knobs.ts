import type { CarrierSettings, PaymentSettings, TextSettings } from '../../server/types.ts'

/** What a number means, and what it may be. */
export const UNITS = {
  ms: { label: 'milliseconds', max: undefined, step: 1 },
  share: { label: '0 to 1', max: 1, step: 0.01 },
  perSecond: { label: 'a second', max: undefined, step: 1 },
  seconds: { label: 'seconds', max: undefined, step: 1 },
} as const

/** One setting of a simulator, and what it does in words. */
export interface Knob<Settings> {
  readonly name: keyof Settings & string
  readonly label: string
  readonly unit: keyof typeof UNITS
  readonly does: string
}

export const paymentKnobs: readonly Knob<PaymentSettings>[] = [
  { name: 'latencyMs', label: 'Latency', unit: 'ms', does: 'how long the provider thinks about each call' },
  {
    name: 'declineRate',
    label: 'Declined',
    unit: 'share',
    does: 'of authorizations: the order is rejected and undone',
  },
  { name: 'faultRate', label: 'Faults', unit: 'share', does: 'of calls are answered 503: they are made again' },
  {
    name: 'timeoutRate',
    label: 'No answer',
    unit: 'share',
    does: 'of calls are never answered, whether they took place or not: they are made again under the same key',
  },
]

export const carrierKnobs: readonly Knob<CarrierSettings>[] = [
  { name: 'latencyMs', label: 'Latency', unit: 'ms', does: 'how long the carrier thinks about each call' },
  { name: 'dispatchMs', label: 'Until dispatch', unit: 'ms', does: 'from booking until the parcel leaves' },
  { name: 'deliveryMs', label: 'Until delivery', unit: 'ms', does: 'from leaving until it arrives' },
  { name: 'faultRate', label: 'Faults', unit: 'share', does: 'of calls are answered 503: they are made again' },
  {
    name: 'impossibleRate',
    label: 'Impossible',
    unit: 'share',
    does: 'of parcels cannot be shipped: the payment is refunded, the stock released',
  },
  {
    name: 'webhookLossRate',
    label: 'Lost reports',
    unit: 'share',
    does: 'of what the carrier reports never arrives: it is asked instead',
  },
]

export const textKnobs: readonly Knob<TextSettings>[] = [
  { name: 'latencyMs', label: 'Latency', unit: 'ms', does: 'how long it thinks about each message' },
  { name: 'faultRate', label: 'Faults', unit: 'share', does: 'of messages are answered 503: they are sent again' },
  {
    name: 'timeoutRate',
    label: 'No answer',
    unit: 'share',
    does: 'of messages are never answered, taken or not: they are sent again under the same key',
  },
  {
    name: 'throttlePerSecond',
    label: 'Taken',
    unit: 'perSecond',
    does: 'at most, the rest is answered 429 and waits; 0 is no limit',
  },
  { name: 'retryAfterSeconds', label: 'Retry-After', unit: 'seconds', does: 'how long those have to wait' },
  {
    name: 'unknownRate',
    label: 'Unknown',
    unit: 'share',
    does: 'of recipients cannot be reached, ever: the channel is switched off for them',
  },
]

export interface Preset<Settings> {
  readonly name: string
  readonly settings: Partial<Settings>
}

const CALM = { latencyMs: 0, faultRate: 0 }

export const paymentPresets: readonly Preset<PaymentSettings>[] = [
  { name: 'A good day', settings: { ...CALM, declineRate: 0, timeoutRate: 0 } },
  {
    name: 'A bad day at the bank',
    settings: { latencyMs: 400, declineRate: 0.1, faultRate: 0.3, timeoutRate: 0.05 },
  },
  { name: 'The bank is away', settings: { faultRate: 1 } },
]

export const textPresets: readonly Preset<TextSettings>[] = [
  { name: 'A good day', settings: { ...CALM, timeoutRate: 0, throttlePerSecond: 0, unknownRate: 0 } },
  { name: 'New Year’s Eve', settings: { latencyMs: 300, throttlePerSecond: 20, timeoutRate: 0.05 } },
]

export const carrierPresets: readonly Preset<CarrierSettings>[] = [
  { name: 'A good day', settings: { ...CALM, impossibleRate: 0, webhookLossRate: 0 } },
  { name: 'A snowstorm', settings: { deliveryMs: 30_000, impossibleRate: 0.2, webhookLossRate: 0.3 } },
]
