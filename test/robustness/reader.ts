import { setTimeout as pause } from 'node:timers/promises'
import { errorName, fetch, listOffsets, offsetFetch } from '#libs/kafka-protocol'
import { ProtocolClient } from '../conformance/protocol-client.ts'
import { decodeBatches, type StoredBatch, type StoredRecord } from './batch.ts'

/** Asks until it is answered: the broker may be away, or leave while it is asked. */
export async function ask<T>(brokers: string, question: (client: ProtocolClient) => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const client = await ProtocolClient.connect(brokers).catch(() => undefined)
    try {
      if (client !== undefined) return await question(client)
    } catch (error) {
      if (attempt > 1000) throw error
    } finally {
      client?.close()
    }
    await pause(10)
  }
}

export const logStart = (brokers: string, topic: string, partition: number) => offsetOf(brokers, topic, partition, -2)
export const logEnd = (brokers: string, topic: string, partition: number) => offsetOf(brokers, topic, partition, -1)

function offsetOf(brokers: string, topic: string, partition: number, timestamp: number): Promise<number> {
  const partitions = [{ partitionIndex: partition, timestamp }]
  return ask(brokers, async (client) => {
    const answer = await client.send(listOffsets, 5, { replicaId: -1, topics: [{ name: topic, partitions }] })
    return answer.topics[0]!.partitions[0]!.offset
  })
}

interface ReadOptions {
  /** Default: the beginning, which must not have been deleted. */
  readonly from?: number
  /** Reads as far as transactions are over, without those that were aborted. */
  readonly committed?: boolean
}

/** Everything in a partition, batch by batch as the broker serves it. */
export function readPartition(
  brokers: string,
  topic: string,
  partition: number,
  { from = 0, committed = false }: ReadOptions = {},
): Promise<StoredRecord[]> {
  return ask(brokers, async (client) => {
    const records: StoredRecord[] = []
    for (let next = from; ; ) {
      const partitions = [{ partition, fetchOffset: next, partitionMaxBytes: 300_000 }]
      const limits = { maxWaitMs: 0, minBytes: 0, isolationLevel: committed ? 1 : 0 }
      const answer = await client.send(fetch, 12, { ...limits, topics: [{ topic, partitions }] })
      const found = answer.responses[0]!.partitions[0]!
      if (found.errorCode !== 0) throw new Error(`reading ${topic}-${partition}: ${errorName(found.errorCode)}`)
      const batches = [...decodeBatches(found.records ?? Buffer.alloc(0))]
      for (const batch of withoutAborted(batches, found.abortedTransactions ?? [])) {
        records.push(...batch.records.filter(({ offset }) => offset >= next))
      }
      const end = committed ? found.lastStableOffset : found.highWatermark
      if (next >= end) return records
      const last = batches.at(-1)?.lastOffset ?? -1
      if (last < next) throw new Error(`${topic}-${partition} cannot be read past ${next}`)
      next = last + 1
    }
  })
}

/** What a read_committed consumer leaves out: a producer's batches from where a transaction began to its marker. */
function* withoutAborted(
  batches: readonly StoredBatch[],
  aborted: readonly { readonly producerId: number; readonly firstOffset: number }[],
): Generator<StoredBatch> {
  const waiting = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  const skipped = new Set<number>()
  for (const batch of batches) {
    while (waiting.length > 0 && waiting[0]!.firstOffset <= batch.lastOffset) skipped.add(waiting.shift()!.producerId)
    if (batch.isControl) skipped.delete(batch.producerId)
    else if (!batch.isTransactional || !skipped.has(batch.producerId)) yield batch
  }
}

/** The offset a group has committed, -1 when there is none. */
export function committedOffset(brokers: string, groupId: string, topic: string, partition: number): Promise<number> {
  const topics = [{ name: topic, partitionIndexes: [partition] }]
  return ask(brokers, async (client) => {
    const { groups } = await client.send(offsetFetch, 8, { groups: [{ groupId, topics }], requireStable: false })
    return groups[0]!.topics[0]!.partitions[0]!.committedOffset
  })
}
