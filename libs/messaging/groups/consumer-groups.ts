import { consumerGroupDescribe, describeGroups, ErrorCode, offsetFetch, readAssignment } from '#libs/kafka-protocol'
import type { KafkaOptions } from '../kafka-client.ts'
import type { BrokerConnection } from '../producer/broker-connection.ts'
import { askCoordinators } from './ask-groups.ts'
import { type GroupMember, memberOf } from './group-member.ts'

const CLASSIC_VERSION = 5
/** Of a group that is gone: an error of its own came later. */
const DEAD = 'Dead'
const CONSUMER_VERSION = 0
/** With several groups in one request: Kafka 3.0 to today. */
const OFFSETS_VERSION = 8

/** A group whose members each read partitions of their own, as its coordinator sees it. */
export interface ConsumerGroupDescription {
  readonly groupId: string
  readonly state: string
  readonly members: readonly GroupMember[]
  /** What it has committed. */
  readonly partitions: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[]
}

/** Which protocol the group's members share partitions by. */
export type GroupProtocol = 'classic' | 'consumer'

/** What there is to know of these groups; one that is gone meanwhile is left out. Rejects when Kafka cannot be asked. */
export const describeConsumerGroups = (
  options: KafkaOptions,
  protocol: GroupProtocol,
  groupIds: readonly string[],
): Promise<ConsumerGroupDescription[]> =>
  askCoordinators(options, groupIds, async (connection, ids) => {
    const [described, committed] = await Promise.all([
      protocol === 'classic' ? classicGroups(connection, ids) : consumerGroups(connection, ids),
      committedBy(connection, ids),
    ])
    return described.map((group) => ({ ...group, partitions: committed.get(group.groupId) ?? [] }))
  })

type Described = Omit<ConsumerGroupDescription, 'partitions'>

const classicGroups = async (connection: BrokerConnection, groupIds: readonly string[]): Promise<Described[]> => {
  const request = { groups: groupIds, includeAuthorizedOperations: false }
  const { groups } = await connection.request(describeGroups, CLASSIC_VERSION, request)
  return groups
    .filter(({ errorCode, groupState }) => errorCode === ErrorCode.NONE && groupState !== DEAD)
    .map(({ groupId, groupState, members }) => ({
      ...{ groupId, state: groupState },
      members: members.map(({ memberId, clientId, clientHost, memberAssignment }) => ({
        ...{ memberId, clientId, host: clientHost, assignment: assignmentIn(memberAssignment) },
      })),
    }))
}

/** None while the group is about to share its partitions anew, or when it does not speak of it as consumers do. */
const assignmentIn = (bytes: Buffer): GroupMember['assignment'] => {
  const assigned = bytes.length === 0 ? undefined : readAssignment(bytes)
  return Object.fromEntries((assigned?.assignedPartitions ?? []).map(({ topic, partitions }) => [topic, partitions]))
}

const consumerGroups = async (connection: BrokerConnection, groupIds: readonly string[]): Promise<Described[]> => {
  const { groups } = await connection.request(consumerGroupDescribe, CONSUMER_VERSION, { groupIds })
  return groups
    .filter(({ errorCode }) => errorCode === ErrorCode.NONE)
    .map(({ groupId, groupState, members }) => ({
      ...{ groupId, state: groupState },
      members: members.map(memberOf),
    }))
}

type Committed = ConsumerGroupDescription['partitions']

const committedBy = async (
  connection: BrokerConnection,
  groupIds: readonly string[],
): Promise<ReadonlyMap<string, Committed>> => {
  const request = { groups: groupIds.map((groupId) => ({ groupId, topics: null })), requireStable: false }
  const { groups } = await connection.request(offsetFetch, OFFSETS_VERSION, request)
  return new Map(
    groups.map(({ groupId, topics }) => [
      groupId,
      topics.flatMap(({ name, partitions }) =>
        partitions
          .filter(({ errorCode, committedOffset }) => errorCode === ErrorCode.NONE && committedOffset >= 0)
          .map(({ partitionIndex: partition, committedOffset: offset }) => ({ topic: name!, partition, offset })),
      ),
    ]),
  )
}
