import { expect } from 'vitest'
import {
  type ErrorCode,
  heartbeat,
  joinGroup,
  leaveGroup,
  offsetCommit,
  offsetFetch,
  syncGroup,
} from '#libs/kafka-protocol'
import type { KafkaUnderTest } from './kafka-under-test.ts'
import type { ProtocolClient } from './protocol-client.ts'

interface MemberOptions {
  readonly instanceId?: string
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
  readonly protocols?: readonly string[]
  readonly protocolType?: string
}

/** One member of a consumer group as the protocol sees it: nothing happens that a test does not ask for. */
export class GroupMember {
  memberId = ''
  generation = -1
  readonly groupId: string
  private readonly client: ProtocolClient
  private readonly options: MemberOptions

  private constructor(client: ProtocolClient, groupId: string, options: MemberOptions) {
    this.client = client
    this.groupId = groupId
    this.options = options
  }

  /** On a connection of its own, as joining may wait. */
  static async of(kafka: KafkaUnderTest, groupId: string, options: MemberOptions = {}): Promise<GroupMember> {
    return new GroupMember(await kafka.connect(), groupId, options)
  }

  get instanceId(): string | null {
    return this.options.instanceId ?? null
  }

  /** One JoinGroup, as it is; keeps the member id and generation that it is given. */
  async join({ metadata = 'm', memberId = this.memberId, version = 7 } = {}) {
    const { sessionTimeoutMs = 10_000, rebalanceTimeoutMs = 10_000, protocols = ['range'] } = this.options
    const answer = await this.client.send(joinGroup, version, {
      ...{ groupId: this.groupId, memberId, groupInstanceId: this.instanceId, sessionTimeoutMs, rebalanceTimeoutMs },
      protocolType: this.options.protocolType ?? 'consumer',
      protocols: protocols.map((name) => ({ name, metadata: subscription(metadata) })),
    })
    this.memberId = answer.memberId
    if (answer.generationId >= 0) this.generation = answer.generationId
    return answer
  }

  /** Joins as clients do: asks for a member id first, where one is required. */
  async enter() {
    if (this.memberId === '' && this.instanceId === null) await this.join()
    return this.join()
  }

  async sync(assignments: Readonly<Record<string, string>> = {}) {
    return this.client.send(syncGroup, 5, {
      ...this.who(),
      ...{ protocolType: 'consumer', protocolName: 'range' },
      assignments: Object.entries(assignments).map(([memberId, assignment]) => ({
        memberId,
        assignment: Buffer.from(assignment),
      })),
    })
  }

  async heartbeat(generationId = this.generation): Promise<ErrorCode> {
    return (await this.client.send(heartbeat, 4, { ...this.who(), generationId })).errorCode as ErrorCode
  }

  /** The error of the one partition committed. */
  async commit(topic: string, offset: number, { generation = this.generation, metadata = '' } = {}) {
    const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: metadata }]
    const { generationId: _, ...who } = this.who()
    const request = { ...who, generationIdOrMemberEpoch: generation, topics: [{ name: topic, partitions }] }
    const answer = await this.client.send(offsetCommit, 8, request)
    return answer.topics[0]!.partitions[0]!.errorCode as ErrorCode
  }

  async leave() {
    const members = [{ memberId: this.memberId, groupInstanceId: this.instanceId }]
    return this.client.send(leaveGroup, 4, { groupId: this.groupId, members })
  }

  private who() {
    const { groupId, generation: generationId, memberId, instanceId: groupInstanceId } = this
    return { groupId, generationId, memberId, groupInstanceId }
  }
}

/** What a consumer joins with, version 0: no topics, and data of its assignor's own. */
export function subscription(userData: string): Buffer {
  const head = Buffer.alloc(10)
  head.writeInt32BE(Buffer.byteLength(userData), 6)
  return Buffer.concat([head, Buffer.from(userData)])
}

/** What the group has committed for partition 0 of a topic. */
export async function committed(kafka: KafkaUnderTest, groupId: string, topic: string) {
  const request = { groupId, topics: [{ name: topic, partitionIndexes: [0] }] }
  return (await kafka.client.send(offsetFetch, 7, request)).topics[0]!.partitions[0]!
}

/** A group in Stable with these members; the first one leads it. Every member's assignment is its own id. */
export async function stableGroup(
  kafka: KafkaUnderTest,
  count: number,
  options: MemberOptions = {},
): Promise<GroupMember[]> {
  const groupId = kafka.name('group')
  const members: GroupMember[] = []
  for (let i = 0; i < count; i++) {
    const instanceId = options.instanceId === undefined ? {} : { instanceId: `${options.instanceId}-${i}` }
    const newcomer = await GroupMember.of(kafka, groupId, { ...options, ...instanceId })
    members.push(newcomer)
    const joining = [newcomer.enter()]
    for (const member of members.slice(0, -1)) {
      await rebalancing(member)
      joining.push(member.join())
    }
    for (const { errorCode } of await Promise.all(joining)) expect(errorCode).toBe(0)
    await syncAll(members)
  }
  return members
}

/** Resolves when a heartbeat tells the member that the group is rebalancing. */
export async function rebalancing(member: GroupMember): Promise<void> {
  const REBALANCE_IN_PROGRESS = 27
  await expect.poll(() => member.heartbeat(), { timeout: 20_000, interval: 10 }).toBe(REBALANCE_IN_PROGRESS)
}

/** The leader, which is the first, hands out; everybody gets. */
export async function syncAll([leader, ...followers]: readonly GroupMember[]): Promise<void> {
  const all = [leader!, ...followers]
  const assignments = Object.fromEntries(all.map(({ memberId }) => [memberId, memberId]))
  const answers = await Promise.all([...followers.map((member) => member.sync()), leader!.sync(assignments)])
  for (const { errorCode } of answers) expect(errorCode).toBe(0)
}
