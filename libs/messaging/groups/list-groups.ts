import { ErrorCode, listGroups as listGroupsApi } from '#libs/kafka-protocol'
import type { KafkaOptions } from '../kafka-client.ts'
import { errorOf } from '../producer/errors.ts'
import { withCluster } from './ask-groups.ts'

/** With the types of groups: Kafka 3.8 to today. */
const LIST_VERSION = 5

export interface ListedGroup {
  readonly groupId: string
  /** How its members share what they read: by the classic protocol, by the one of KIP-848, message by message, or else. */
  readonly type: string
  /** `consumer` of those that read topics. */
  readonly protocolType: string
}

/** The groups of all brokers. Rejects when one of these cannot be asked: it may lead any group. */
export const listGroups = (options: KafkaOptions): Promise<ListedGroup[]> =>
  withCluster(options, async (cluster) => {
    const each = cluster.nodes().map(async (node) => {
      const connection = await cluster.connectionTo(node)
      const { errorCode, groups } = await connection.request(listGroupsApi, LIST_VERSION, {
        statesFilter: [],
        typesFilter: [],
      })
      if (errorCode !== ErrorCode.NONE) throw errorOf(errorCode, `the groups of broker ${node}`)
      return groups.map(({ groupId, groupType, protocolType }) => ({ groupId, type: groupType, protocolType }))
    })
    return (await Promise.all(each)).flat()
  })
