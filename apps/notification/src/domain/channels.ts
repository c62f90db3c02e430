import type { NotificationKind } from '#libs/contracts'

/** The ways to reach a customer, in the order in which they are told of. */
export const channels = ['email', 'sms', 'push'] as const
export type Channel = (typeof channels)[number]

/** What may wait for what: no backlog of one delays another. */
export const priorities = ['high', 'normal', 'low'] as const
export type Priority = (typeof priorities)[number]

/** What a customer is told of: a moment of an order or a return, or a campaign. */
export type ToldKind = NotificationKind | 'campaign'

/** Trouble with the payment or the parcel, and what was cancelled: whoever waits for it has something to do. */
const HIGH: ReadonlySet<ToldKind> = new Set([
  'order_rejected',
  'order_cancelled',
  'return_impossible',
  'return_lost',
  'return_cancelled',
])

export const priorityOf = (kind: ToldKind): Priority => {
  if (kind === 'campaign') return 'low'
  return HIGH.has(kind) ? 'high' : 'normal'
}

/** 0 for the first to go. */
export const rankOf = (priority: Priority): number => priorities.indexOf(priority)
