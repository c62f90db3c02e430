import { type AnyMessage, type MessageType, messageTypesOn, type ReceivedRecord, type Topic } from '#libs/contracts'
import type { Sql } from '#libs/database'
import { type HandlerTable, ignore, type Position } from './handlers.ts'
import { readRecord } from './incoming-record.ts'
import { digestOfRecord } from './parking/sql/insert-parked.ts'
import { type ParkedStretch, type ParkedThere, parkedIn } from './parking/sql/parked-in.ts'

/** A record that was read from its topic again. */
export interface HistoryRecord {
  readonly topic: Topic
  readonly partition: number
  readonly offset: number
  readonly raw: ReceivedRecord
  /** What it says; undefined when it says nothing to this reader, or cannot be read. */
  readonly message: AnyMessage | undefined
  readonly unreadable: boolean
}

/**
 * Reads a consumer's records again as it reads them live: what it cannot read it has set aside as a dead letter, what it
 * has no use for it passes by. What is parked is left out as long as it is, or when a person discarded it; what a person
 * amended is what the amended copy says.
 */
export const historyReader = (consumer: string, types: ReadonlySet<MessageType>, topics: readonly Topic[]) => {
  const handlers: HandlerTable = new Map(
    topics
      .flatMap((topic) => messageTypesOn(topic))
      .map((type) => [type, types.has(type) ? { handle: () => undefined } : ignore]),
  )
  const read = (place: Omit<HistoryRecord, 'message' | 'raw' | 'unreadable'>, raw: ReceivedRecord): HistoryRecord => {
    const position: Position = { topic: place.topic, partition: place.partition, offset: BigInt(place.offset) }
    const { content } = readRecord(position, raw, handlers)
    const message = content.kind === 'message' ? content.message : undefined
    return { ...place, raw, message, unreadable: content.kind === 'unreadable' }
  }
  return {
    read,
    /** What became of the records of these stretches that were parked; asked for at once. */
    parked: async (sql: Sql, stretches: readonly ParkedStretch[]) => {
      const found = await parkedIn(sql, consumer, stretches)
      const byPlace = new Map(found.map((one) => [placeOf(one), one]))
      /** The record as it was handled; undefined when it was not. */
      return (record: HistoryRecord): HistoryRecord | undefined => {
        const parked = byPlace.size === 0 ? undefined : byPlace.get(placeOf(record))
        // A topic that was created anew has another record in that place.
        if (parked === undefined || (parked.digest !== '' && parked.digest !== digestOfRecord(record.raw)))
          return record
        if (parked.status !== 'settled' || parked.resolution !== 'handled') return undefined
        return read(record, amendedRecord(parked))
      }
    },
  }
}

const placeOf = ({ topic, partition, offset }: { topic: string; partition: number; offset: bigint | number }): string =>
  `${topic}/${partition}/${offset}`

const amendedRecord = ({ key, headers, value }: ParkedThere): ReceivedRecord => ({
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: JSON.parse(headers) as Record<string, unknown>,
})
