import { Reader, Writer } from '#libs/kafka-protocol'

/**
 * What members of a consumer group tell each other; brokers pass it on untouched. Versions as the Java client writes them:
 *
 *     subscription v1   int16 1, [topic], bytes user data, [topic [int32]] owned partitions
 *     assignment v0     int16 0, [topic [int32]], bytes user data
 *
 * The user data are ours: int16 0, [topic [int32]] partitions of whose state a member keeps a copy, or is to keep one. Who does
 * not know them passes over them.
 */
export interface Subscription {
  readonly topic: string
  /** What it had before this rebalance. */
  readonly owned: readonly number[]
  readonly copies: readonly number[]
}

export interface SharedOut {
  readonly partitions: readonly number[]
  /** It is to keep a copy of the state of these. */
  readonly copies: readonly number[]
}

const NO_DATA = -1
const DATA_VERSION = 0

export const writeSubscription = ({ topic, owned, copies }: Subscription): Buffer => {
  const writer = new Writer()
  writer.int16(1)
  writer.int32(1)
  writeString(writer, topic)
  writeCopies(writer, topic, copies)
  writePartitions(writer, topic, owned)
  return Buffer.concat(writer.buffers())
}

/** Of a member that has told less, nothing is known. */
export const readSubscription = (bytes: Buffer, topic: string): Subscription => {
  const reader = new Reader(bytes)
  const version = reader.int16()
  for (let topics = reader.int32(); topics > 0; topics--) reader.string(reader.int16())
  const copies = readCopies(reader, topic)
  return { topic, owned: version >= 1 ? readPartitions(reader, topic) : [], copies }
}

export const writeAssignment = (topic: string, { partitions, copies }: SharedOut): Buffer => {
  const writer = new Writer()
  writer.int16(0)
  writePartitions(writer, topic, partitions)
  writeCopies(writer, topic, copies)
  return Buffer.concat(writer.buffers())
}

export const readAssignment = (bytes: Buffer, topic: string): SharedOut => {
  if (bytes.length === 0) return { partitions: [], copies: [] }
  const reader = new Reader(bytes)
  reader.int16()
  return { partitions: readPartitions(reader, topic), copies: readCopies(reader, topic) }
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

const writeCopies = (writer: Writer, topic: string, copies: readonly number[]): void => {
  if (copies.length === 0) {
    writer.int32(NO_DATA)
    return
  }
  const data = new Writer()
  data.int16(DATA_VERSION)
  writePartitions(data, topic, copies)
  const bytes = Buffer.concat(data.buffers())
  writer.int32(bytes.length)
  writer.bytes(bytes)
}

const readCopies = (reader: Reader, topic: string): number[] => {
  const length = reader.int32()
  if (length <= 0) return []
  const data = new Reader(reader.slice(length))
  return data.int16() === DATA_VERSION ? readPartitions(data, topic) : []
}
