import { describeLogDirs, ErrorCode } from '#libs/kafka-protocol'
import type { KafkaOptions } from './kafka-client.ts'
import { Cluster } from './producer/cluster.ts'
import { errorOf } from './producer/errors.ts'

/** The first one; every Kafka from 1.0 on speaks it. */
const VERSION = 1
const TIMING = { connectMs: 1_000, requestMs: 1_500, retriesMs: [], metadataMs: 0 }

/**
 * Bytes that each partition of a topic takes on the disk of its leader, its copies elsewhere not counted. Undefined when
 * there is no such topic; a partition without a leader is left out.
 */
export const partitionSizes = async (
  options: KafkaOptions,
  topic: string,
): Promise<ReadonlyMap<number, number> | undefined> => {
  const cluster = new Cluster(options, TIMING)
  try {
    await cluster.know([topic])
    if (cluster.problemWith(topic) !== undefined) return undefined
    const partitions = Array.from({ length: cluster.partitionCount(topic) }, (_, partition) => partition)
    const led = Map.groupBy(partitions, (partition) => cluster.leaderOf(topic, partition))
    led.delete(undefined)
    const sizes = await Promise.all(Array.from(led, ([leader, mine]) => sizesOn(cluster, leader!, topic, mine)))
    return new Map(sizes.flat())
  } finally {
    cluster.close()
  }
}

const sizesOn = async (
  cluster: Cluster,
  node: number,
  topic: string,
  partitions: number[],
): Promise<[partition: number, bytes: number][]> => {
  const connection = await cluster.connectionTo(node)
  const { results } = await connection.request(describeLogDirs, VERSION, { topics: [{ topic, partitions }] })
  return results.flatMap(({ errorCode, logDir, topics }) => {
    if (errorCode !== ErrorCode.NONE) throw errorOf(errorCode, `the folder ${logDir} of broker ${node}`)
    return topics.flatMap(({ partitions }) =>
      partitions
        // One that is just being moved to another folder is there twice.
        .filter(({ isFutureKey }) => !isFutureKey)
        .map(({ partitionIndex, partitionSize }): [number, number] => [partitionIndex, Number(partitionSize)]),
    )
  })
}
