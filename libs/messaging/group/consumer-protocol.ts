import { Reader, Writer } from '#libs/kafka-protocol'

/**
 * What members of a consumer group tell each other; brokers pass it on untouched. Versions as the Java client writes them:
 *
 *     subscription v1   int16 1, [topic], bytes user data, [topic [int32]] owned partitions
 *     assignment v0     int16 0, [topic [int32]], bytes user data
 */
export interface Subscription {
  readonly topic: string
  /** What it had before this rebalance. */
  readonly owned: readonly number[]
}

const NO_DATA = -1

export const writeSubscription = ({ topic, owned }: Subscription): Buffer => {
  const writer = new Writer()
  writer.int16(1)
  writer.int32(1)
  writeString(writer, topic)
  writer.int32(NO_DATA)
  writePartitions(writer, topic, owned)
  return Buffer.concat(writer.buffers())
}

/** Of a member that has told less, nothing is known. */
export const readSubscription = (bytes: Buffer, topic: string): Subscription => {
  const reader = new Reader(bytes)
  const version = reader.int16()
  for (let topics = reader.int32(); topics > 0; topics--) reader.string(reader.int16())
  skipBytes(reader)
  return { topic, owned: version >= 1 ? readPartitions(reader, topic) : [] }
}

export const writeAssignment = (topic: string, partitions: readonly number[]): Buffer => {
  const writer = new Writer()
  writer.int16(0)
  writePartitions(writer, topic, partitions)
  writer.int32(NO_DATA)
  return Buffer.concat(writer.buffers())
}

export const readAssignment = (bytes: Buffer, topic: string): number[] => {
  if (bytes.length === 0) return []
  const reader = new Reader(bytes)
  reader.int16()
  return readPartitions(reader, topic)
}

const writeString = (writer: Writer, text: string): void => {
  const length = Buffer.byteLength(text)
  writer.int16(length)
  writer.string(text, length)
}

const writePartitions = (writer: Writer, topic: string, partitions: readonly number[]): void => {
  writer.int32(1)
  writeString(writer, topic)
  writer.int32(partitions.length)
  for (const partition of partitions) writer.int32(partition)
}

const readPartitions = (reader: Reader, topic: string): number[] => {
  const found: number[] = []
  for (let topics = reader.int32(); topics > 0; topics--) {
    const name = reader.string(reader.int16())
    for (let left = reader.int32(); left > 0; left--) {
      const partition = reader.int32()
      if (name === topic) found.push(partition)
    }
  }
  return found
}

const skipBytes = (reader: Reader): void => {
  const length = reader.int32()
  if (length > 0) reader.slice(length)
}
