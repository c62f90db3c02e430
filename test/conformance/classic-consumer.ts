import {
  ErrorCode,
  heartbeat,
  joinGroup,
  leaveGroup,
  readAssignment,
  syncGroup,
  writeAssignment,
  writeSubscription,
} from '#libs/kafka-protocol'
import type { KafkaUnderTest, TestTopic } from './kafka-under-test.ts'
import type { ProtocolClient } from './protocol-client.ts'

/** A consumer that speaks the classic protocol and says what consumers say: what it wants to read, and what it reads. */
export class ClassicConsumer {
  memberId = ''
  generation = -1
  /** Partitions of the topic. */
  reads: readonly number[] = []

  private constructor(
    readonly groupId: string,
    private readonly topic: TestTopic,
    private readonly client: ProtocolClient,
  ) {}

  static async of(kafka: KafkaUnderTest, groupId: string, topic: TestTopic): Promise<ClassicConsumer> {
    return new ClassicConsumer(groupId, topic, await kafka.connect())
  }

  /** One JoinGroup, and another one if it is only given a name. */
  async join(): Promise<{ readonly errorCode: number; readonly leader: string }> {
    const { groupId, memberId, topic, reads } = this
    const ownedPartitions = [{ topic: topic.name, partitions: reads }]
    const metadata = writeSubscription(1, { topics: [topic.name], userData: null, ownedPartitions })
    const answer = await this.client.send(joinGroup, 7, {
      ...{ groupId, memberId, groupInstanceId: null, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000 },
      ...{ protocolType: 'consumer', protocols: [{ name: 'cooperative-sticky', metadata }] },
    })
    this.memberId = answer.memberId
    if (answer.errorCode === ErrorCode.MEMBER_ID_REQUIRED) return this.join()
    if (answer.errorCode === ErrorCode.NONE) this.generation = answer.generationId
    return answer
  }

  /** Asks for its assignment; as the leader of a classic group it gives itself these partitions. */
  async sync(partitions?: readonly number[]): Promise<number> {
    const { memberId, topic } = this
    const given = { assignedPartitions: [{ topic: topic.name, partitions: partitions ?? [] }], userData: null }
    const assignments = partitions === undefined ? [] : [{ memberId, assignment: writeAssignment(1, given) }]
    const protocol = { protocolType: 'consumer', protocolName: 'cooperative-sticky' }
    const answer = await this.client.send(syncGroup, 5, { ...this.who(), ...protocol, assignments })
    if (answer.errorCode === ErrorCode.NONE) {
      this.reads = readAssignment(answer.assignment)!.assignedPartitions.flatMap((assigned) => assigned.partitions)
    }
    return answer.errorCode
  }

  async heartbeat(generationId = this.generation): Promise<number> {
    return (await this.client.send(heartbeat, 4, { ...this.who(), generationId })).errorCode
  }

  async leave(): Promise<number> {
    const { groupId, memberId } = this
    const members = [{ memberId, groupInstanceId: null }]
    return (await this.client.send(leaveGroup, 4, { groupId, members })).members[0]!.errorCode
  }

  /** As clients do: joins again when a heartbeat says so. */
  async keepUp(): Promise<void> {
    if ((await this.heartbeat()) !== ErrorCode.REBALANCE_IN_PROGRESS) return
    await this.join()
    await this.sync()
  }

  private who() {
    const { groupId, generation: generationId, memberId } = this
    return { groupId, generationId, memberId, groupInstanceId: null }
  }
}
