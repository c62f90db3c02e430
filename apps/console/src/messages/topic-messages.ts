import { z } from 'zod'
import { Problem } from '#libs/http'
import type { TopicReader } from '#libs/messaging'
import type { ScanStart } from './scan-lanes.ts'
import { decodeScanPosition, encodeScanPosition } from './scan-position.ts'
import { type ShownRecord, shownRecord } from './shown-record.ts'
import { scanTopic } from './topic-scan.ts'

const text = z.string().min(1).max(300)
const whole = z.coerce.number().int().min(0)
const NO_CURSOR = 'not a cursor of this list: pass on `nextCursor` or `liveCursor` as it came'

export const messagesQuery = z
  .strictObject({
    partition: whole.max(1_000_000).optional(),
    /** An offset of `partition`. */
    from: whole.max(Number.MAX_SAFE_INTEGER).optional(),
    at: z.iso.datetime({ offset: true }).optional(),
    cursor: z
      .string()
      .transform((given) => decodeScanPosition(given))
      .refine((position) => position !== undefined, NO_CURSOR)
      .optional(),
    key: text.optional(),
    header: text.optional(),
    value: text.optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  })
  .refine(({ from, partition }) => from === undefined || partition !== undefined, {
    path: ['from'],
    error: 'an offset is one of a partition: say which `partition`',
  })
  .refine(({ from, at, cursor }) => [from, at, cursor].filter((each) => each !== undefined).length <= 1, {
    error: 'say where to begin in one way only: `from`, `at` or `cursor`',
  })
export type MessagesQuery = z.infer<typeof messagesQuery>

export interface TopicMessages {
  readonly topic: string
  readonly direction: 'forward' | 'backward'
  readonly items: readonly ShownRecord[]
  /** How many records were looked at for that, and which offsets are done with: `to` is the one behind them. */
  readonly looked: {
    readonly records: number
    readonly partitions: readonly { readonly partition: number; readonly from: number; readonly to: number }[]
  }
  /** Nothing more is there in this direction, now. */
  readonly complete: boolean
  /** Where to look further; null where nothing can come any more. */
  readonly nextCursor: string | null
  /** What is published from now on. */
  readonly liveCursor: string
}

/** What Waybill's own cursors can name. */
const MOST_PARTITIONS = 1_024

/** Messages of a topic, the newest first; from an offset or an instant on the oldest first. */
export const topicMessages = async (
  reader: TopicReader,
  topic: string,
  { partition, from, at, cursor, limit, ...filter }: MessagesQuery,
): Promise<TopicMessages> => {
  const partitions = await partitionsOf(reader, topic, partition)
  const start = startOf(from, at, cursor)
  const scan = await scanTopic(reader, { topic, partitions, start, filter, limit })
  const { direction, complete, next } = scan
  return {
    ...{ topic, direction, complete, items: scan.records.map(shownRecord) },
    looked: { records: scan.looked, partitions: scan.range },
    nextCursor: direction === 'backward' && complete ? null : encodeScanPosition({ direction, offsets: next }),
    liveCursor: encodeScanPosition({ direction: 'forward', offsets: scan.ends }),
  }
}

const startOf = (offset: number | undefined, at: string | undefined, position: MessagesQuery['cursor']): ScanStart => {
  if (position !== undefined) return { kind: 'position', position }
  if (offset !== undefined) return { kind: 'offset', offset }
  return at === undefined ? { kind: 'newest' } : { kind: 'instant', instant: Date.parse(at) }
}

const partitionsOf = async (
  reader: TopicReader,
  topic: string,
  partition: number | undefined,
): Promise<readonly number[]> => {
  const count = (await reader.partitionCounts([topic])).get(topic)
  if (count === undefined) throw unknownTopic(topic)
  if (partition === undefined && count > MOST_PARTITIONS)
    throw new Problem(400, { detail: `${topic} has ${count} partitions: say which \`partition\` is meant` })
  if (partition === undefined) return Array.from({ length: count }, (_, i) => i)
  if (partition >= count)
    throw new Problem(404, {
      type: 'unknown-partition',
      detail: `${topic} has partitions 0 to ${count - 1}, and no ${partition}`,
    })
  return [partition]
}

export const unknownTopic = (topic: string): Problem =>
  new Problem(404, { type: 'unknown-topic', detail: `there is no topic ${topic}` })
