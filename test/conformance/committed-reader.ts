import {
  BATCH_OVERHEAD,
  batchAttributes,
  batchLastOffset,
  batchProducerId,
  batchSize,
  isControl,
  isTransactional,
  readEndMarker,
} from '#libs/kafka-protocol'
import type { KafkaUnderTest, TestTopic } from './kafka-under-test.ts'

interface Aborted {
  readonly producerId: number
  readonly firstOffset: number
}

/** All values on a partition, the first by default, as a consumer with this isolation level hands them out. */
export async function valuesOf(
  kafka: KafkaUnderTest,
  topic: TestTopic,
  isolationLevel: 0 | 1,
  partition = 0,
): Promise<string[]> {
  const values: string[] = []
  for (let offset = 0; ; ) {
    const fetched = await kafka.fetch(topic, offset, { isolationLevel, partition })
    if (fetched.errorCode !== 0) throw new Error(`Fetch answered ${fetched.errorCode}`)
    const records = fetched.records ?? Buffer.alloc(0)
    if (records.length === 0) return values
    values.push(...consumed(records, fetched.abortedTransactions ?? []))
    for (let at = 0; at < records.length; at += batchSize(records, at)) offset = batchLastOffset(records, at) + 1
  }
}

/** What a client makes of an answer: it skips what aborted transactions wrote, and markers. */
export function consumed(records: Buffer, abortedTransactions: readonly Aborted[]): string[] {
  const pending = [...abortedTransactions]
  const skipped = new Set<number>()
  const values: string[] = []
  for (let at = 0; at < records.length; at += batchSize(records, at)) {
    while (pending.length > 0 && pending[0]!.firstOffset <= batchLastOffset(records, at)) {
      skipped.add(pending.shift()!.producerId)
    }
    const attributes = batchAttributes(records, at)
    const producerId = batchProducerId(records, at)
    if (isControl(attributes)) {
      if (!readEndMarker(records, at).commit) skipped.delete(producerId)
    } else if (!isTransactional(attributes) || !skipped.has(producerId)) {
      values.push(...valuesIn(records.subarray(at, at + batchSize(records, at))))
    }
  }
  return values
}

function valuesIn(bytes: Buffer): string[] {
  let at = BATCH_OVERHEAD
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = bytes[at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
  }
  const field = (): string => {
    const length = varint()
    const text = bytes.toString('utf8', at, at + Math.max(0, length))
    at += Math.max(0, length)
    return text
  }
  const values: string[] = []
  while (at < bytes.length) {
    const length = varint()
    const end = at + length
    at++
    varint()
    varint()
    field()
    values.push(field())
    at = end
  }
  return values
}
