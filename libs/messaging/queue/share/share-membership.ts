import { randomBytes } from 'node:crypto'
import { ErrorCode, findCoordinator, shareGroupHeartbeat } from '#libs/kafka-protocol'
import { WakeUp } from '#libs/loops'
import { createLogger, describeError, fields } from '#libs/observability'
import type { BrokerConnection } from '../../producer/broker-connection.ts'
import type { Cluster } from '../../producer/cluster.ts'
import { errorOf } from '../../producer/errors.ts'
import type { Place } from './delivery.ts'

const FIND_COORDINATOR_VERSION = 4
const GROUP = 0
const HEARTBEAT_VERSION = 1
const JOIN = 0
const LEAVE = -1
const RETRY_MS = { first: 100, longest: 2_000 }

/** The member is no longer known, or not as what it takes itself for: it joins again. */
const REJOIN = new Set<number>([
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_MEMBER_EPOCH,
  ErrorCode.GROUP_ID_NOT_FOUND,
])

const log = createLogger('share')

export interface MembershipOptions {
  readonly groupId: string
  readonly topic: string
  readonly cluster: Cluster
  readonly onAssignment: (partitions: readonly Pick<Place, 'topicId' | 'partition'>[]) => void
}

/** Says to the coordinator of a share group that this member is there, and hears from it which partitions are its own. */
export class ShareMembership {
  readonly memberId = randomBytes(16).toString('base64url')
  readonly #wakeUp = new WakeUp()
  #epoch = JOIN
  #isAssigned = false
  #coordinator: number | undefined
  #stopping = false
  #running: Promise<void> | undefined
  /** When the coordinator answered last, on the steady clock. */
  #heard: number | undefined

  constructor(private readonly options: MembershipOptions) {}

  start(): void {
    this.#running = this.#run()
  }

  /** Leaves the group, if it can be told. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#wakeUp.signal()
    await this.#running
    if (this.#epoch <= JOIN) return
    await this.#heartbeat(LEAVE).catch((error: unknown) =>
      log.debug('could not leave the share group', { [fields.error]: describeError(error) }),
    )
  }

  /** For how long nothing was heard of the coordinator, milliseconds; undefined before it was joined. */
  get silenceMs(): number | undefined {
    return this.#heard === undefined ? undefined : performance.now() - this.#heard
  }

  async #run(): Promise<void> {
    let retryMs = RETRY_MS.first
    let unassignedMs = RETRY_MS.first
    while (!this.#stopping) {
      try {
        const intervalMs = await this.#heartbeat(this.#epoch)
        retryMs = RETRY_MS.first
        // Kafka assigns nothing before the state of the partitions is there, which is a moment after the first join.
        unassignedMs = this.#isAssigned ? RETRY_MS.first : Math.min(intervalMs, unassignedMs * 2)
        await this.#wakeUp.wait(this.#isAssigned ? intervalMs : unassignedMs)
      } catch (error) {
        this.#coordinator = undefined
        this.options.cluster.doubt()
        log.debug('share group waits', { group: this.options.groupId, [fields.error]: describeError(error) })
        await this.#wakeUp.wait(retryMs)
        retryMs = Math.min(RETRY_MS.longest, retryMs * 2)
      }
    }
  }

  /** Answers when the next one is due, milliseconds. */
  async #heartbeat(epoch: number): Promise<number> {
    const { groupId, topic, onAssignment } = this.options
    const connection = await this.#connection()
    const answer = await connection.request(shareGroupHeartbeat, HEARTBEAT_VERSION, {
      ...{ groupId, memberId: this.memberId, memberEpoch: epoch },
      subscribedTopicNames: epoch === JOIN ? [topic] : null,
    })
    if (REJOIN.has(answer.errorCode) && epoch > JOIN) {
      log.info('share group is joined again', { group: groupId })
      this.#epoch = JOIN
      return 0
    }
    if (answer.errorCode !== ErrorCode.NONE) throw errorOf(answer.errorCode, groupId, answer.errorMessage)
    if (epoch === LEAVE) return 0
    this.#heard = performance.now()
    this.#epoch = answer.memberEpoch
    if (answer.assignment !== null) {
      const assigned = answer.assignment.topicPartitions.flatMap(({ topicId, partitions }) =>
        partitions.map((partition) => ({ topicId, partition })),
      )
      this.#isAssigned = assigned.length > 0
      onAssignment(assigned)
    }
    return answer.heartbeatIntervalMs
  }

  async #connection(): Promise<BrokerConnection> {
    const { cluster, groupId, topic } = this.options
    await cluster.know([topic])
    if (this.#coordinator === undefined) {
      const any = await cluster.anyConnection()
      const answer = await any.request(findCoordinator, FIND_COORDINATOR_VERSION, {
        keyType: GROUP,
        coordinatorKeys: [groupId],
      })
      const [found] = answer.coordinators
      if (found!.errorCode !== ErrorCode.NONE)
        throw errorOf(found!.errorCode, `coordinator of ${groupId}`, found!.errorMessage)
      this.#coordinator = found!.nodeId
    }
    return cluster.connectionTo(this.#coordinator)
  }
}
