import { ErrorCode, findCoordinator } from '#libs/kafka-protocol'
import type { KafkaOptions } from '../kafka-client.ts'
import type { BrokerConnection } from '../producer/broker-connection.ts'
import { Cluster } from '../producer/cluster.ts'
import { errorOf } from '../producer/errors.ts'

/** With several groups in one request: Kafka 3.0 to today. */
const FIND_COORDINATOR_VERSION = 4
const GROUP = 0
const TIMING = { connectMs: 1_000, requestMs: 1_500, retriesMs: [], metadataMs: 0 }

/** Over connections that are closed afterwards; rejects when Kafka cannot be asked. */
export const withCluster = async <T>(options: KafkaOptions, ask: (cluster: Cluster) => Promise<T>): Promise<T> => {
  const cluster = new Cluster(options, TIMING)
  try {
    await cluster.know([])
    return await ask(cluster)
  } finally {
    cluster.close()
  }
}

/**
 * Asks the coordinator of each group, every one of them once about all of its groups. The npm client looks for the
 * coordinator of each group again for each question, which takes seconds once there are hundreds of groups.
 */
export const askCoordinators = async <T>(
  options: KafkaOptions,
  groupIds: readonly string[],
  ask: (coordinator: BrokerConnection, groupIds: readonly string[]) => Promise<readonly T[]>,
): Promise<T[]> => {
  if (groupIds.length === 0) return []
  return withCluster(options, async (cluster) => {
    const connection = await cluster.anyConnection()
    const request = { keyType: GROUP, coordinatorKeys: groupIds }
    const { coordinators } = await connection.request(findCoordinator, FIND_COORDINATOR_VERSION, request)
    const led = Map.groupBy(coordinators, ({ key, nodeId, errorCode }) => {
      if (errorCode !== ErrorCode.NONE) throw errorOf(errorCode, `the coordinator of ${key}`)
      return nodeId
    })
    const answers = Array.from(led, async ([node, groups]) =>
      ask(
        await cluster.connectionTo(node),
        groups.map(({ key }) => key),
      ),
    )
    return (await Promise.all(answers)).flat()
  })
}
