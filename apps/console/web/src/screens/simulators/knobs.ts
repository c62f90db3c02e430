import type { CarrierSettings, PaymentSettings } from '../../server/types.ts'

/** One setting of a simulator, and what it does in words. */
export interface Knob<Settings> {
  readonly name: keyof Settings & string
  readonly label: string
  readonly unit: 'ms' | 'share'
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

export const carrierPresets: readonly Preset<CarrierSettings>[] = [
  { name: 'A good day', settings: { ...CALM, impossibleRate: 0, webhookLossRate: 0 } },
  { name: 'A snowstorm', settings: { deliveryMs: 30_000, impossibleRate: 0.2, webhookLossRate: 0.3 } },
]
