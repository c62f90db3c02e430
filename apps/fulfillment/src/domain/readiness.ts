import type { DataOf, PersonalAddress, StockLine } from '#libs/contracts'
import { type Decider, unreachable } from '#libs/decider'
import { readinessVersions } from './versions.ts'

/**
 * What has been heard of a choreographed order, from three topics in any order: it is shipped once all of it was.
 * Nobody tells fulfillment to, and it takes nobody's word twice.
 */
export interface Readiness {
  readonly address?: PersonalAddress
  readonly lines?: readonly StockLine[]
  readonly isPaid?: true
}

/** Kept in the stream `readiness-<orderId>`. */
export type ReadinessEvent =
  | { readonly type: 'AddressHeard'; readonly data: { readonly address: PersonalAddress } }
  | { readonly type: 'ReservationHeard'; readonly data: { readonly lines: readonly StockLine[] } }
  | { readonly type: 'CaptureHeard'; readonly data: Readonly<Record<string, never>> }

const decide = (readiness: Readiness, heard: ReadinessEvent): readonly ReadinessEvent[] => {
  switch (heard.type) {
    case 'AddressHeard':
      return readiness.address === undefined ? [heard] : []
    case 'ReservationHeard':
      return readiness.lines === undefined ? [heard] : []
    case 'CaptureHeard':
      return readiness.isPaid === undefined ? [heard] : []
    default:
      return unreachable(heard)
  }
}

const evolve = (readiness: Readiness, event: ReadinessEvent): Readiness =>
  event.type === 'CaptureHeard' ? { ...readiness, isPaid: true } : { ...readiness, ...event.data }

export const readinessDecider: Decider<Readiness, ReadinessEvent, ReadinessEvent> = {
  initial: {},
  decide,
  evolve,
  upcast: readinessVersions,
}

/** What is to be shipped, once everything was heard. */
export const shippable = (
  { address, lines, isPaid }: Readiness,
  { orderId, customerId }: { readonly orderId: string; readonly customerId: string },
): DataOf<'shipment.ship'> | undefined =>
  isPaid && address && lines && { orderId, customerId, address, lines: [...lines] }
