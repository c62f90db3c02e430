import { setTimeout as pause } from 'node:timers/promises'
import { errorName, fetch, listOffsets, offsetFetch } from '#libs/kafka-protocol'
import { ProtocolClient } from '../conformance/protocol-client.ts'
import { decodeBatches, type StoredRecord } from './batch.ts'

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

export function logStart(brokers: string, topic: string, partition: number): Promise<number> {
  const partitions = [{ partitionIndex: partition, timestamp: -2 }]
  return ask(brokers, async (client) => {
    const answer = await client.send(listOffsets, 5, { replicaId: -1, topics: [{ name: topic, partitions }] })
    return answer.topics[0]!.partitions[0]!.offset
  })
}

/** Everything in a partition from `from` to its end, batch by batch as the broker serves it. */
export function readPartition(
  brokers: string,
  topic: string,
  partition: number,
  { from = 0, committed = false } = {},
): Promise<StoredRecord[]> {
  return ask(brokers, async (client) => {
    const records: StoredRecord[] = []
    for (let next = from; ; ) {
      const partitions = [{ partition, fetchOffset: next, partitionMaxBytes: 300_000 }]
      const limits = { maxWaitMs: 0, minBytes: 0, isolationLevel: committed ? 1 : 0 }
      const answer = await client.send(fetch, 12, { ...limits, topics: [{ topic, partitions }] })
      const found = answer.responses[0]!.partitions[0]!
      if (found.errorCode !== 0) throw new Error(`reading ${topic}-${partition}: ${errorName(found.errorCode)}`)
      if (next >= (committed ? found.lastStableOffset : found.highWatermark)) return records
      const batches = decodeBatches(found.records ?? Buffer.alloc(0))
      if (batches.next <= next) throw new Error(`${topic}-${partition} cannot be read past ${next}`)
      records.push(...batches.records.filter(({ offset }) => offset >= from))
      next = batches.next
    }
  })
}

/** The offset a group has committed, -1 when there is none. */
export function committedOffset(brokers: string, groupId: string, topic: string, partition: number): Promise<number> {
  const topics = [{ name: topic, partitionIndexes: [partition] }]
  return ask(brokers, async (client) => {
    const { groups } = await client.send(offsetFetch, 8, { groups: [{ groupId, topics }], requireStable: false })
    return groups[0]!.topics[0]!.partitions[0]!.committedOffset
  })
}
