import { type EventFilter, SUBSCRIBER_QUEUES, type SwitchedOffBecause } from '#libs/contracts'

/** Where a subscriber wants to be told. */
export type Destination =
  | { readonly to: 'webhook'; readonly url: string; readonly ordered: boolean }
  | { readonly to: 'email'; readonly address: string }
  | { readonly to: 'queue'; readonly name: string }

export type SubscriptionState = 'confirming' | 'active' | 'off'

/** A secret that signs what a webhook is sent. */
export interface Secret {
  /** `whsec_` and base64, as Standard Webhooks has them. */
  readonly secret: string
  /** ISO 8601; undefined for the one that signs from now on. */
  readonly until?: string
}

export interface Subscription {
  readonly id: string
  readonly filter: EventFilter
  readonly deliver: Destination
  readonly state: SubscriptionState
  readonly offReason: SwitchedOffBecause | 'asked' | null
  /** Of a mail address one, which signs the link by which it says yes. */
  readonly secrets: readonly Secret[]
  /** It may say yes until then; null when it is not asked. */
  readonly confirmBy: Date | null
  /** When it last said yes; null of a mail address that was told before addresses were asked. */
  readonly confirmedAt: Date | null
  readonly activeSince: Date | null
  readonly failingSince: Date | null
  readonly failures: number
  readonly retryAt: Date | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** The topic of a queue; its name keeps it apart from every topic of ours. */
export const topicOfQueue = (name: string): string => `${SUBSCRIBER_QUEUES}${name}`

/** The secrets once `fresh` signs: the one before signs beside it until `until`, and no other. */
export const rotated = ([newest]: readonly Secret[], fresh: string, until: Date): Secret[] =>
  newest === undefined
    ? [{ secret: fresh }]
    : [{ secret: fresh }, { secret: newest.secret, until: until.toISOString() }]

/** Those that sign at this moment, the newest first. */
export const secretsAt = (secrets: readonly Secret[], now: Date): string[] =>
  secrets.filter(({ until }) => until === undefined || until > now.toISOString()).map(({ secret }) => secret)
