/** How far somebody has come: of each topic, the offset of the next record of each partition. */
export type StreamPosition = ReadonlyMap<string, readonly number[]>

const MOST_TOPICS = 32
const MOST_PARTITIONS = 256
const PART = /^([A-Za-z0-9._-]{1,249})=(\d{1,15}(?:\.\d{1,15})*)$/

/** As it stands in the `id` of a server-sent event: `orders=12.0.7;payments=3.3.9`. */
export const encodePosition = (position: StreamPosition): string =>
  Array.from(position, ([topic, offsets]) => `${topic}=${offsets.join('.')}`).join(';')

/** Undefined for anything that is not such an id. */
export const decodePosition = (text: string | undefined): StreamPosition | undefined => {
  if (text === undefined || text === '') return undefined
  const position = new Map<string, number[]>()
  const parts = text.split(';')
  if (parts.length > MOST_TOPICS) return undefined
  for (const part of parts) {
    const [, topic, list] = PART.exec(part) ?? []
    if (topic === undefined || list === undefined) return undefined
    const offsets = list.split('.').map(Number)
    if (offsets.length > MOST_PARTITIONS) return undefined
    position.set(topic, offsets)
  }
  return position
}

/** What lies between two positions. A partition that the first does not know is new, and missed from its beginning. */
export const between = (
  from: StreamPosition,
  to: StreamPosition,
): { topic: string; partition: number; offset: number; end: number }[] =>
  Array.from(to).flatMap(([topic, ends]) =>
    ends.flatMap((end, partition) => {
      const offset = from.get(topic)?.[partition] ?? 0
      return offset < end ? [{ topic, partition, offset, end }] : []
    }),
  )
