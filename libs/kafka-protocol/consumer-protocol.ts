import { Reader } from './reader.ts'

/**
 * The topics in a member's metadata when its group speaks the protocol type `consumer`, or undefined when the bytes say
 * something else. Brokers pass this metadata on untouched; they look into it only to know which offsets are in use.
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
