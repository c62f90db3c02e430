import type { TopicReader, TopicRecord } from '#libs/messaging'
import { between, type StreamPosition } from './position.ts'

/** What a page that comes back is told one by one; whoever was away for longer looks anew. */
export const MOST_MISSED = 2_000

/** Everything between two positions; undefined when it is too much, or not there any more. */
export const missedRecords = async (
  reader: TopicReader,
  from: StreamPosition,
  to: StreamPosition,
): Promise<TopicRecord[] | undefined> => {
  let open = between(from, to)
  if (open.reduce((sum, { offset, end }) => sum + end - offset, 0) > MOST_MISSED) return undefined
  const found: TopicRecord[] = []
  while (open.length > 0) {
    const read = await reader.read(open)
    const ends = new Map(open.map(({ topic, partition, end }) => [`${topic}/${partition}`, end]))
    if (read.some(({ isOutOfRange, next, offset }) => isOutOfRange || next === offset)) return undefined
    open = read.flatMap(({ topic, partition, next, records }) => {
      const end = ends.get(`${topic}/${partition}`)!
      found.push(...records.filter(({ offset }) => offset < end))
      return next < end ? [{ topic, partition, offset: next, end }] : []
    })
  }
  return found
}
