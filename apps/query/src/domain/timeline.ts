import type { OrderViewFact } from './order-view.ts'

export interface TimelineEntry {
  /** When it happened, ISO 8601 in UTC. */
  readonly at: string
  readonly type: string
  readonly messageId: string
}

/** A timeline grows by appending only, whatever it holds: one JSON text per line, the message's id at its end. */
export const timelineLine = ({ time, type, id }: OrderViewFact): string =>
  `${JSON.stringify({ at: time, type, messageId: id } satisfies TimelineEntry)}\n`

/** Whether the message has its line already. */
export const timelineHolds = (lines: string, messageId: string): boolean =>
  lines.includes(`"messageId":${JSON.stringify(messageId)}}\n`)

/** In the order in which things happened; topics are projected in another one. */
export const timelineOf = (lines: string): TimelineEntry[] => {
  const entries = lines.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line) as TimelineEntry)))
  return entries.sort((a, b) => compare(a.at, b.at) || compare(a.messageId, b.messageId))
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
