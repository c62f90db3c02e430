import { setTimeout as delay } from 'node:timers/promises'
import {
  describeGroups,
  ErrorCode,
  heartbeat,
  joinGroup,
  leaveGroup,
  offsetCommit,
  offsetFetch,
  syncGroup,
} from '#libs/kafka-protocol'
import { createLogger, fields } from '#libs/observability'
import type { KafkaOptions } from '../kafka-client.ts'
import { Cluster } from '../producer/cluster.ts'
import { Fenced, Refused, TryAgain } from '../producer/errors.ts'
import { retrying, type Timing } from '../producer/timing.ts'
import { Coordinator, GROUP } from '../transactions/coordinator.ts'
import { assignStandbys } from './assign-standbys.ts'
import { assignSticky } from './assign-sticky.ts'
import { readAssignment, readSubscription, writeAssignment, writeSubscription } from './consumer-protocol.ts'

const [JOIN_GROUP, SYNC_GROUP, HEARTBEAT, LEAVE_GROUP, OFFSET_FETCH, OFFSET_COMMIT] = [7, 5, 4, 4, 7, 7]
/** With the names of static members: Kafka 2.4 to today. */
const DESCRIBE_GROUPS = 5
const PROTOCOL_TYPE = 'consumer'
const PROTOCOL = 'waybill-sticky'
/** Kafka's least by default: after so long without a heartbeat a member's partitions are given to others. */
const SESSION_MS = 6_000
/** So late a member hears that the group is to be shared out anew: a part of what a takeover takes. */
const HEARTBEAT_MS = 1_000
/** The others notice it by themselves when it takes longer. */
const LEAVE_MS = 2_000
/** For members to finish what they are at and join again. */
const REBALANCE_MS = 30_000
const TIMING: Timing = {
  ...{ connectMs: 1_000, requestMs: REBALANCE_MS + 10_000, metadataMs: 10_000 },
  retriesMs: [20, 50, 100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000],
}

export interface MembershipOptions extends KafkaOptions {
  readonly groupId: string
  readonly topic: string
  /** The same from start to start of one process: it has its place back at once, without a rebalance (KIP-345). */
  readonly instanceId: string
  /** How many members keep a copy of each partition's state beside its owner; the same for all members. Default 0. */
  readonly standbys?: number
  /** Names under which other clients know the same messages: members of either kind share the partitions out. */
  readonly alsoKnownAs?: readonly string[]
}

/** What the group has given a member, in one of its generations. */
export interface Assignment {
  readonly generationId: number
  readonly memberId: string
  readonly partitions: readonly number[]
  /** It is to keep a copy of the state of these. */
  readonly copies: readonly number[]
}

const log = createLogger('group')

/**
 * A member of a consumer group that its owner drives: it joins when it is told to, says by `mustJoin` that the group is
 * being shared out anew, and keeps its place by heartbeats meanwhile. So its owner ends a transaction before it gives
 * partitions up. (kafkajs does not tell a transaction which generation it belongs to, which is what fences a zombie.)
 */
export class GroupMembership {
  readonly #cluster: Cluster
  readonly #coordinator: Coordinator
  #assignment: Assignment | undefined
  #memberId = ''
  #mustJoin = true
  #failure: Fenced | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(private readonly options: MembershipOptions) {
    this.#cluster = new Cluster(options, TIMING)
    this.#coordinator = new Coordinator(this.#cluster, { keyType: GROUP, key: options.groupId }, TIMING)
  }

  /** It has not joined yet, or the group is being shared out anew. */
  get mustJoin(): boolean {
    return this.#mustJoin
  }

  /**
   * Resolves when the group is shared out. `owned`: the partitions whose state is at hand; `copies`: those of which it keeps a copy.
   * @throws Fenced when another process has this instance's id.
   */
  async join(owned: readonly number[], copies: readonly number[] = []): Promise<Assignment> {
    this.#rest()
    const assignment = await retrying(TIMING, () => this.#joinOnce(owned, copies))
    this.#assignment = assignment
    this.#mustJoin = false
    this.#timer = setInterval(() => void this.#beat(), HEARTBEAT_MS).unref()
    log.info('the group is shared out', {
      generation: assignment.generationId,
      partitions: assignment.partitions.length,
    })
    return assignment
  }

  /**
   * Where the group goes on in each partition; -1 where it has not been. Waits for transactions that would move it: a
   * predecessor's last one counts, or it does not, before anybody goes on.
   */
  async committed(partitions: readonly number[]): Promise<Map<number, number>> {
    const found = await this.#fetchOffsets(partitions, true)
    return new Map(found.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]))
  }

  /**
   * The instances that committed these partitions last, in a transaction, and are no members any more: what they have open nobody ends
   * but its time, and `committed` waits for it.
   */
  async departed(partitions: readonly number[]): Promise<string[]> {
    const { groupId, instanceId } = this.options
    const found = await this.#fetchOffsets(partitions, false)
    const instances = new Set(found.map(({ metadata }) => metadata ?? ''))
    instances.delete('')
    instances.delete(instanceId)
    if (instances.size === 0) return []
    const request = { groups: [groupId], includeAuthorizedOperations: false }
    const { groups } = await this.#coordinator.request(describeGroups, DESCRIBE_GROUPS, request)
    const [{ errorCode, members }] = groups as [(typeof groups)[number]]
    if (errorCode !== ErrorCode.NONE) throw this.#coordinator.failure(errorCode, `the members of ${groupId}`)
    for (const { groupInstanceId } of members) if (groupInstanceId !== null) instances.delete(groupInstanceId)
    return [...instances]
  }

  async #fetchOffsets(partitions: readonly number[], requireStable: boolean) {
    if (partitions.length === 0) return []
    const { groupId, topic } = this.options
    const topics = [{ name: topic, partitionIndexes: [...partitions] }]
    return retrying(TIMING, async () => {
      this.#checkOpen()
      const answer = await this.#coordinator.request(offsetFetch, OFFSET_FETCH, { groupId, topics, requireStable })
      if (answer.errorCode !== ErrorCode.NONE)
        throw this.#coordinator.failure(answer.errorCode, `offsets of ${groupId}`)
      const found = answer.topics.flatMap(({ partitions }) => partitions)
      for (const { errorCode, partitionIndex } of found)
        if (errorCode !== ErrorCode.NONE)
          throw this.#coordinator.failure(errorCode, `the offset of ${topic}/${partitionIndex}`)
      return found
    })
  }

  /**
   * The group goes on here, outside of any transaction. Rejects when this member is of no generation that still holds, and
   * then it must join again.
   */
  async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    const { groupId, topic, instanceId: groupInstanceId } = this.options
    if (offsets.size === 0 || this.#assignment === undefined) return
    const { generationId: generationIdOrMemberEpoch, memberId } = this.#assignment
    const partitions = [...offsets].map(([partitionIndex, committedOffset]) => ({
      ...{ partitionIndex, committedOffset, committedMetadata: null },
    }))
    const request = {
      groupId,
      generationIdOrMemberEpoch,
      memberId,
      groupInstanceId,
      topics: [{ name: topic, partitions }],
    }
    const answer = await this.#coordinator.request(offsetCommit, OFFSET_COMMIT, request)
    for (const { partitions } of answer.topics)
      for (const { errorCode } of partitions)
        if (errorCode !== ErrorCode.NONE) {
          this.#mustJoin = true
          throw this.#refused(errorCode, 'to commit')
        }
  }

  /** Throws what a heartbeat found out: that another process is this instance. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Something failed: the next word is `join`, as a member that owns nothing. */
  doubt(): void {
    this.#mustJoin = true
  }

  /** Gives the partitions to the others at once. */
  async leave(): Promise<void> {
    this.#isClosed = true
    this.#rest()
    const { groupId, instanceId: groupInstanceId } = this.options
    // A request that waits for other members would hold this one up.
    this.#coordinator.forget()
    const members = [{ memberId: this.#memberId, groupInstanceId }]
    if (this.#assignment !== undefined) {
      const leaving = this.#coordinator.request(leaveGroup, LEAVE_GROUP, { groupId, members }).catch(() => {})
      await Promise.race([leaving, delay(LEAVE_MS, undefined, { ref: false })])
    }
    this.close()
  }

  close(): void {
    this.#isClosed = true
    this.#rest()
    this.#coordinator.close()
    this.#cluster.close()
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new Refused(`the membership of ${this.options.groupId} is over`)
  }

  #rest(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  async #joinOnce(owned: readonly number[], copies: readonly number[]): Promise<Assignment> {
    this.#checkOpen()
    const { groupId, topic, instanceId: groupInstanceId, alsoKnownAs = [] } = this.options
    const metadata = writeSubscription({ topic, owned, copies })
    const joined = await this.#coordinator.request(joinGroup, JOIN_GROUP, {
      ...{ groupId, groupInstanceId, memberId: this.#memberId },
      ...{ sessionTimeoutMs: SESSION_MS, rebalanceTimeoutMs: REBALANCE_MS, protocolType: PROTOCOL_TYPE },
      protocols: [PROTOCOL, ...alsoKnownAs].map((name) => ({ name, metadata })),
    })
    if (joined.errorCode !== ErrorCode.NONE) throw this.#refused(joined.errorCode, 'to join')
    const { generationId, memberId } = joined
    this.#memberId = memberId
    const assignments = joined.leader === memberId ? await this.#shareOut(joined.members) : []
    const synced = await this.#coordinator.request(syncGroup, SYNC_GROUP, {
      ...{ groupId, generationId, memberId, groupInstanceId },
      ...{ protocolType: PROTOCOL_TYPE, protocolName: joined.protocolName, assignments },
    })
    if (synced.errorCode !== ErrorCode.NONE) throw this.#refused(synced.errorCode, 'to share out')
    return { generationId, memberId, ...readAssignment(synced.assignment, topic) }
  }

  async #shareOut(members: readonly { readonly memberId: string; readonly metadata: Buffer }[]) {
    const { topic } = this.options
    this.#cluster.doubt()
    await this.#cluster.know([topic])
    const problem = this.#cluster.problemWith(topic)
    if (problem !== undefined) throw problem
    const known = members.map(({ memberId, metadata }) => ({ memberId, ...readSubscription(metadata, topic) }))
    const assigned = assignSticky(known, this.#cluster.partitionCount(topic))
    const copies = assignStandbys(known, assigned, this.options.standbys ?? 0)
    return Array.from(assigned, ([memberId, partitions]) => ({
      ...{ memberId, assignment: writeAssignment(topic, { partitions, copies: copies.get(memberId)! }) },
    }))
  }

  /** A member that the group does not know any more joins as a new one. */
  #refused(code: number, what: string): Error {
    if (code === ErrorCode.FENCED_INSTANCE_ID)
      return new Fenced(`another process is the instance ${this.options.instanceId} of ${this.options.groupId}`)
    if (code === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = ''
    const error = this.#coordinator.failure(code, `the group ${this.options.groupId}, ${what}`)
    return AGAIN.has(code) ? new TryAgain(error.message) : error
  }

  async #beat(): Promise<void> {
    const assignment = this.#assignment
    if (assignment === undefined) return
    const { groupId, instanceId: groupInstanceId } = this.options
    const { generationId, memberId } = assignment
    try {
      const request = { groupId, generationId, memberId, groupInstanceId }
      const { errorCode } = await this.#coordinator.request(heartbeat, HEARTBEAT, request)
      if (errorCode === ErrorCode.NONE || this.#assignment !== assignment || this.#mustJoin) return
      const failure = this.#refused(errorCode, 'a heartbeat')
      if (failure instanceof Fenced && !AGAIN.has(errorCode)) this.#failure = failure
      // A coordinator that is elsewhere now is found by the next heartbeat.
      if (!AGAIN.has(errorCode) && this.#failure === undefined) return
      this.#mustJoin = true
    } catch (error) {
      log.debug('no answer to a heartbeat', { [fields.error]: error })
    }
  }
}

const AGAIN: ReadonlySet<number> = new Set([
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.MEMBER_ID_REQUIRED,
])
