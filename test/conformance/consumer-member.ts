import { randomBytes } from 'node:crypto'
import {
  consumerGroupDescribe,
  consumerGroupHeartbeat,
  ErrorCode,
  offsetCommit,
  offsetFetch,
} from '#libs/kafka-protocol'
import { until } from '../support/until.ts'
import type { KafkaUnderTest, TestTopic } from './kafka-under-test.ts'
import type { ProtocolClient } from './protocol-client.ts'

interface MemberOptions {
  readonly memberId?: string
  readonly instanceId?: string
  readonly rebalanceTimeoutMs?: number
  readonly assignor?: string
}

interface Wanted {
  readonly topics?: readonly string[] | null
  readonly regex?: string | null
  readonly assignor?: string | null
  /** What it says that it reads; null: nothing has changed. */
  readonly owned?: readonly OwnedPartitions[] | null
  readonly epoch?: number
  readonly version?: number
}

interface OwnedPartitions {
  readonly topicId: string
  readonly partitions: readonly number[]
}

/** A member of a group of the consumer protocol, on a connection of its own, that does exactly what a test wants. */
export class ConsumerMember {
  memberEpoch = 0
  /** What it was told to read. */
  assigned: readonly OwnedPartitions[] = []
  readonly memberId: string

  private constructor(
    readonly groupId: string,
    readonly client: ProtocolClient,
    private readonly options: MemberOptions,
  ) {
    this.memberId = options.memberId ?? randomBytes(16).toString('base64url')
  }

  static async of(kafka: KafkaUnderTest, groupId: string, options: MemberOptions = {}): Promise<ConsumerMember> {
    return new ConsumerMember(groupId, await kafka.connect(), options)
  }

  /** A member that has joined and reads as many partitions. */
  static async joined(
    kafka: KafkaUnderTest,
    groupId: string,
    topic: TestTopic,
    partitions: number,
    options: MemberOptions = {},
  ): Promise<ConsumerMember> {
    const member = await ConsumerMember.of(kafka, groupId, options)
    await member.join([topic.name])
    await member.reads(partitions)
    return member
  }

  get count(): number {
    return this.assigned.reduce((sum, { partitions }) => sum + partitions.length, 0)
  }

  join(topics: readonly string[] | null, wanted: Wanted = {}) {
    return this.send({ topics, owned: [], epoch: 0, assignor: this.options.assignor ?? null, ...wanted })
  }

  /** As clients do: says what it reads, and is done with what it was told to give up. */
  async heartbeat() {
    const answer = await this.send({ owned: this.assigned })
    if (answer.errorCode !== ErrorCode.NONE) throw new Error(`${this.memberId}: ${answer.errorMessage}`)
    return answer
  }

  /** One heartbeat, as it is; keeps the epoch and the assignment that it is given. */
  async send({ topics = null, regex = null, assignor = null, owned = null, epoch, version = 1 }: Wanted) {
    const { groupId, memberId } = this
    const memberEpoch = epoch ?? this.memberEpoch
    const answer = await this.client.send(consumerGroupHeartbeat, version, {
      ...{ groupId, memberId, memberEpoch, instanceId: this.options.instanceId ?? null, rackId: null },
      rebalanceTimeoutMs: memberEpoch === 0 ? (this.options.rebalanceTimeoutMs ?? 30_000) : -1,
      ...{
        subscribedTopicNames: topics,
        subscribedTopicRegex: regex,
        serverAssignor: assignor,
        topicPartitions: owned,
      },
    })
    if (answer.errorCode === ErrorCode.NONE) {
      this.memberEpoch = answer.memberEpoch
      if (answer.assignment !== null) this.assigned = answer.assignment.topicPartitions
    }
    return answer
  }

  leave(epoch: -1 | -2 = -1) {
    return this.send({ epoch })
  }

  /** Heartbeats until it reads this many partitions; others of its group keep up meanwhile. */
  async reads(partitions: number, ...others: readonly ConsumerMember[]): Promise<void> {
    await until(`${partitions} partitions for ${this.memberId}`, async () => {
      for (const member of [...others, this]) await member.heartbeat()
      return this.count === partitions || undefined
    })
  }

  /** The error of the one partition committed. */
  async commit(topic: TestTopic, offset: number, { epoch = this.memberEpoch, partition = 0, version = 9 } = {}) {
    const partitions = [
      { partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: '' },
    ]
    const answer = await this.client.send(offsetCommit, version, {
      ...{ groupId: this.groupId, memberId: this.memberId, generationIdOrMemberEpoch: epoch },
      topics: [{ name: topic.name, topicId: topic.topicId, partitions }],
    })
    return answer.topics[0]!.partitions[0]!.errorCode
  }

  /** What is committed for the first partition, or the error of the group. */
  async committed(topic: TestTopic, { epoch = this.memberEpoch, memberId = this.memberId as string | null } = {}) {
    const topics = [{ name: topic.name, topicId: topic.topicId, partitionIndexes: [0] }]
    const groups = [{ groupId: this.groupId, memberId, memberEpoch: epoch, topics }]
    const [answer] = (await this.client.send(offsetFetch, 9, { groups, requireStable: false })).groups
    const offset = answer!.topics[0]?.partitions[0]?.committedOffset
    return answer!.errorCode === ErrorCode.NONE ? { offset } : { errorCode: answer!.errorCode }
  }
}

/** The members heartbeat until everybody reads what it should, and nobody has to wait for anybody. */
export async function settled(kafka: KafkaUnderTest, ...members: readonly ConsumerMember[]): Promise<void> {
  await until('a settled group', async () => {
    for (const member of members) await member.heartbeat()
    return (await describeGroup(kafka, members[0]!.groupId)).groupState === 'Stable' || undefined
  })
}

export async function describeGroup(kafka: KafkaUnderTest, groupId: string) {
  return (await kafka.client.send(consumerGroupDescribe, 1, { groupIds: [groupId] })).groups[0]!
}
