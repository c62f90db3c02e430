import { later } from './patience.ts'
import { hasPassed } from './step-state.ts'

/**
 * The carrier reports by itself what becomes of a parcel, and a report may be lost: after half a minute without one it
 * is asked, then ever less often, up to every six hours; after a week of that a human must look.
 */
export const MAX_TRACKINGS = 36
const TRACKING_MS = 30_000
const LONGEST_TRACKING_MS = 6 * 60 * 60 * 1000

/** Of a parcel that the carrier has. */
export interface Tracking {
  /** How often the carrier was asked since the parcel was last heard of. */
  readonly asked: number
  /** When it is asked next, ISO 8601; absent when it was asked too often. */
  readonly dueAt?: string
}

export type TrackingEvent =
  /** Nothing was heard of the parcel: the carrier is asked, and asked again at `dueAt`. */
  | { readonly type: 'TrackingRequested'; readonly data: { readonly asked: number; readonly dueAt: string } }
  /** Asked for too often: it waits for news after all, or for a human. */
  | { readonly type: 'ParcelOverdue'; readonly data: Readonly<Record<string, never>> }
  /** An operator has the carrier asked again from `dueAt` on. */
  | { readonly type: 'TrackingResumed'; readonly data: { readonly dueAt: string } }

/** When to ask where the parcel is, having asked `asked` times since it was last heard of, ISO 8601. */
export const trackAt = (about: string, asked: number, at: string): string =>
  later(at, TRACKING_MS, asked + 1, `${about}/track/${asked}`, LONGEST_TRACKING_MS)

/** What time makes of a parcel that the carrier has; `tracking` is missing where it has waited without a timer. */
export const trackParcel = (tracking: Tracking | undefined, about: string, at: string): TrackingEvent[] => {
  const asked = tracking?.asked ?? 0
  if (tracking !== undefined && !hasPassed(tracking.dueAt, at)) return []
  if (asked >= MAX_TRACKINGS) return [{ type: 'ParcelOverdue', data: {} }]
  return [{ type: 'TrackingRequested', data: { asked: asked + 1, dueAt: trackAt(about, asked + 1, at) } }]
}

export const evolveTracking = (tracking: Tracking | undefined, event: TrackingEvent): Tracking => {
  switch (event.type) {
    case 'TrackingRequested':
      return event.data
    case 'TrackingResumed':
      return { asked: 0, dueAt: event.data.dueAt }
    case 'ParcelOverdue':
      return { asked: tracking?.asked ?? 0 }
  }
}

/** The carrier was asked for the parcel in vain, too often. */
export const isOverdue = (tracking: Tracking | undefined): boolean =>
  tracking !== undefined && tracking.dueAt === undefined
