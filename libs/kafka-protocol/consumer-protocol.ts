import { MalformedError, Reader } from './reader.ts'
import { array, type Decoded, type Encodable, type Fields, since, struct } from './struct.ts'
import { bytes, int32, nullable, string } from './types.ts'
import { Writer } from './writer.ts'

const partitions = array({ topic: string, partitions: array(int32) })

/** What members of classic groups of the protocol type `consumer` join with: v1 what they read, v2 since when, v3 racks. */
const subscription = {
  topics: array(string),
  userData: nullable(bytes),
  ownedPartitions: since(1, partitions, []),
  generationId: since(2, int32, -1),
  rackId: since(3, nullable(string), null),
}

/** What their leader gives them. */
const assignment = {
  assignedPartitions: partitions,
  userData: nullable(bytes),
}

/** Later versions only add to this one. */
const HIGHEST = 3

type Versioned<F extends Fields> = Decoded<F> & { readonly version: number }

/** A member's metadata, or undefined when the bytes say something else. */
export const readSubscription = (metadata: Buffer): Versioned<typeof subscription> | undefined =>
  readVersioned(subscription, metadata)

/** A member's assignment, likewise. */
export const readAssignment = (bytes: Buffer): Versioned<typeof assignment> | undefined =>
  readVersioned(assignment, bytes)

export const writeSubscription = (version: number, message: Encodable<typeof subscription>): Buffer =>
  writeVersioned(subscription, version, message)

export const writeAssignment = (version: number, message: Encodable<typeof assignment>): Buffer =>
  writeVersioned(assignment, version, message)

/**
 * The topics in a member's metadata when its group speaks the protocol type `consumer`, or undefined when the bytes say
 * something else. Brokers pass this metadata on untouched; they look into it only to know which offsets are in use, and
 * when the group goes over to the consumer protocol.
 */
export function consumerTopics(metadata: Buffer): string[] | undefined {
  try {
    const reader = new Reader(metadata)
    reader.int16()
    return Array.from({ length: reader.count(reader.int32()) }, () => reader.string(reader.int16()))
  } catch {
    return undefined
  }
}

function readVersioned<F extends Fields>(fields: F, bytes: Buffer): Versioned<F> | undefined {
  try {
    const reader = new Reader(bytes)
    const version = reader.int16()
    if (version < 0) return undefined
    return { ...struct(fields).at(Math.min(version, HIGHEST), false).read(reader), version }
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}

function writeVersioned<F extends Fields>(fields: F, version: number, message: Encodable<F>): Buffer {
  const writer = new Writer()
  writer.int16(version)
  struct(fields).at(Math.min(version, HIGHEST), false).write(writer, message)
  return Buffer.concat(writer.buffers())
}
