import { EARLIEST, LATEST, type TopicReader, type TopicRecord } from '#libs/messaging'
import type { Direction, ScanPosition } from './scan-position.ts'

/** Where looking begins: at the newest record, at an offset, at an instant (ms since 1970), or where it was before. */
export type ScanStart =
  | { readonly kind: 'newest' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'instant'; readonly instant: number }
  | { readonly kind: 'position'; readonly position: ScanPosition }

/** One partition while a topic is looked through. */
export interface Lane {
  readonly topic: string
  readonly partition: number
  readonly earliest: number
  readonly end: number
  readonly began: number
  /** Forward: the next offset to look at; backward: the one behind it. */
  at: number
  /** In the order in which they were come across. */
  readonly found: TopicRecord[]
}

export const directionOf = (start: ScanStart): Direction => {
  if (start.kind === 'position') return start.position.direction
  return start.kind === 'newest' ? 'backward' : 'forward'
}

export const isDone = (direction: Direction, { at, end, earliest }: Lane): boolean =>
  direction === 'forward' ? at >= end : at <= earliest

/** The partitions where looking begins; a beginning that is not there is moved to the nearest that is. */
export const lanesFrom = async (
  reader: TopicReader,
  topic: string,
  partitions: readonly number[],
  start: ScanStart,
): Promise<Lane[]> => {
  const places = partitions.map((partition) => ({ topic, partition }))
  const at = async (instant: number) =>
    new Map((await reader.offsetsAt(places, instant)).map(({ partition, offset }) => [partition, offset]))
  const [firsts, ends, instants] = await Promise.all([
    at(EARLIEST),
    at(LATEST),
    start.kind === 'instant' ? at(start.instant) : new Map<number, number>(),
  ])
  return partitions.flatMap((partition) => {
    const [earliest, end] = [firsts.get(partition)!, ends.get(partition)!]
    const wanted = wantedOf(start, partition, end, instants)
    if (wanted === undefined) return []
    const began = Math.min(Math.max(wanted, earliest), end)
    return [{ topic, partition, earliest, end, began, at: began, found: [] }]
  })
}

/** Undefined for a partition that is not to be looked at. */
const wantedOf = (
  start: ScanStart,
  partition: number,
  end: number,
  instants: ReadonlyMap<number, number>,
): number | undefined => {
  switch (start.kind) {
    case 'newest':
      return end
    case 'offset':
      return start.offset
    case 'instant': {
      const offset = instants.get(partition) ?? -1
      return offset < 0 ? end : offset
    }
    case 'position': {
      const { direction, offsets } = start.position
      // All that is in a partition that was added meanwhile is news.
      return offsets.get(partition) ?? (direction === 'forward' ? 0 : undefined)
    }
  }
}
