import { setTimeout as delay } from 'node:timers/promises'
import { type Api, type Decoded, ErrorCode, shareAcknowledge, shareFetch } from '#libs/kafka-protocol'
import { WakeUp } from '#libs/loops'
import { createLogger, describeError, fields } from '#libs/observability'
import type { BrokerConnection } from '../../producer/broker-connection.ts'
import { errorOf } from '../../producer/errors.ts'
import { acquiredFrom } from './acquired.ts'
import { Acknowledgement, type Delivery, type Place } from './delivery.ts'
import { type PartitionAcknowledgements, PendingAcknowledgements } from './pending-acknowledgements.ts'

type Fetched = typeof shareFetch extends Api<infer _Request, infer Response> ? Decoded<Response> : never
type SharePartition = Pick<Place, 'topicId' | 'partition'>

/** Told what the broker has said, as it says it. */
export interface ShareObserver {
  delivered?(deliveries: readonly Delivery[]): void
  /** The broker has recorded these. */
  acknowledged?(told: readonly PartitionAcknowledgements[]): void
}

export interface ShareSessionOptions {
  readonly groupId: string
  readonly memberId: string
  readonly topic: string
  /** How many more records may be taken now. */
  readonly room: () => number
  readonly onDeliveries: (deliveries: readonly Delivery[]) => void
  /** A partition is led by another broker, or by none. */
  readonly onMoved: () => void
  readonly observer?: ShareObserver | undefined
}

/** With strict limits of records, and renewals of locks: Kafka 4.2 to today. */
const VERSION = 2
const RECORD_LIMIT = 1
/** A fetch is answered as soon as there is a record; for so long it waits for one, and acknowledgements behind it. */
const LONG_POLL_MS = 250
const MAX_BYTES = 4 * 1024 * 1024
const MAX_EPOCH = 2 ** 31 - 1
/** Locks are renewed when this part of their time is over. */
const RENEWED_AFTER = 1 / 3
/** After a partition was refused. */
const PAUSE_MS = 100

const log = createLogger('share')

/**
 * A member's share session with one broker: takes records of the partitions that it leads, as many as there is room for,
 * tells what became of them on the way, and renews the locks of those that are still being worked on.
 *
 * One request is under way at a time, for the epoch that both sides count. Acknowledgements that wait go with the next
 * fetch, or by themselves when there is no room for more. When the connection is gone the broker gives up the session
 * with all that it held, so nothing of it may be acknowledged any more; whoever is still working learns nothing of that,
 * because what it does ends in a transaction that knows duplicates.
 */
export class ShareSession {
  readonly #pending = new PendingAcknowledgements()
  readonly #held = new Map<string, Delivery>()
  /** As the broker knows them. */
  readonly #known = new Map<string, SharePartition>()
  readonly #changed = new WakeUp()
  #wanted = new Map<string, SharePartition>()
  #epoch = 0
  #lockMs = 0
  #stopping = false
  #isOver = false

  constructor(
    private readonly connection: BrokerConnection,
    private readonly options: ShareSessionOptions,
  ) {}

  /** These partitions are ours to read here. */
  assign(partitions: readonly SharePartition[]): void {
    this.#wanted = new Map(partitions.map((at) => [keyOf(at), at]))
    this.wake()
  }

  /** There is room, or something else to look at. */
  wake(): void {
    this.#changed.signal()
  }

  get isIdle(): boolean {
    return this.#held.size === 0 && this.#pending.isEmpty
  }

  /** Resolves after `stop`, the session being closed; rejects when the connection is lost or the broker refuses. */
  async run(): Promise<void> {
    try {
      while (!this.#stopping) await this.#turn()
      if (this.#epoch > 0) await this.#acknowledge(this.#pending.take(), { epoch: -1 })
    } finally {
      this.#isOver = true
      this.#held.clear()
    }
  }

  /** Tells what was acknowledged, gives everything else back, and ends. */
  stop(): void {
    this.#stopping = true
    this.wake()
  }

  async #turn(): Promise<void> {
    const renewInMs = this.#renewInMs()
    if (renewInMs <= 0) return this.#renew()
    const room = this.#wanted.size > 0 ? this.options.room() : 0
    if (room > 0) return this.#fetch(room)
    if (!this.#pending.isEmpty && this.#epoch > 0) return void (await this.#acknowledge(this.#pending.take()))
    await this.#changed.wait(renewInMs)
  }

  async #fetch(maxRecords: number): Promise<void> {
    // The first request of a session may tell nothing; what waits goes with the second.
    const told = this.#epoch === 0 ? [] : this.#pending.take()
    // A partition that is told of in a fetch is fetched from.
    if (told.some((at) => !this.#wanted.has(keyOf(at)))) return void (await this.#acknowledge(told))
    const answer = await this.connection.request(shareFetch, VERSION, {
      ...{ groupId: this.options.groupId, memberId: this.options.memberId, shareSessionEpoch: this.#epoch },
      ...{ maxWaitMs: LONG_POLL_MS, minBytes: 1, maxBytes: MAX_BYTES, maxRecords, batchSize: maxRecords },
      ...{ shareAcquireMode: RECORD_LIMIT, isRenewAck: false },
      ...this.#partitions(told),
    })
    if (!this.#advance(answer.errorCode, answer.errorMessage)) return
    this.#lockMs = answer.acquisitionLockTimeoutMs
    this.#take(answer, told)
  }

  #take(answer: Fetched, told: readonly PartitionAcknowledgements[]): void {
    let isRefused = false
    const refused = new Set<string>()
    const deliveries: Delivery[] = []
    for (const { topicId, partitions } of answer.responses)
      for (const part of partitions) {
        if (part.acknowledgeErrorCode !== ErrorCode.NONE) {
          refused.add(keyOf({ topicId, partition: part.partitionIndex }))
          this.#notTold(part.acknowledgeErrorCode)
        }
        if (part.errorCode !== ErrorCode.NONE) {
          isRefused = true
          log.debug('partition is not read', { [fields.error]: errorOf(part.errorCode, this.options.topic) })
        }
        const at = { topic: this.options.topic, topicId, partition: part.partitionIndex }
        const { found, gaps, unread } = acquiredFrom(part.records, part.acquiredRecords, at, this.#acknowledged)
        for (const place of gaps) this.#pending.add(place, Acknowledgement.gap)
        for (const place of unread) this.#pending.add(place, Acknowledgement.release)
        deliveries.push(...found)
      }
    for (const delivery of deliveries) this.#held.set(placeKey(delivery.place), delivery)
    this.#observe(told, refused)
    if (deliveries.length > 0) {
      this.options.observer?.delivered?.(deliveries)
      this.options.onDeliveries(deliveries)
    }
    if (isRefused) this.#refused()
  }

  #refused(): void {
    this.options.onMoved()
    // Not to be asked again before something has changed, or a while has passed.
    const wanted = this.#wanted
    this.#wanted = new Map()
    void delay(PAUSE_MS, undefined, { ref: false }).then(() => {
      if (this.#wanted.size === 0) this.#wanted = wanted
      this.wake()
    })
  }

  async #renew(): Promise<void> {
    const old = [...this.#held.values()].filter(({ lockedAt }) => this.#isOld(lockedAt))
    if (this.#epoch === 0) {
      for (const delivery of old) this.#lose(delivery)
      return
    }
    const renewals = new PendingAcknowledgements()
    for (const { place } of old) renewals.add(place, Acknowledgement.renew)
    const startedAt = performance.now()
    const refused = await this.#acknowledge(renewals.take(), { isRenewal: true })
    for (const delivery of old) {
      if (!refused.has(keyOf(delivery.place))) delivery.lockedAt = startedAt
      else if (old.length === 1) this.#lose(delivery)
      // All of a partition are refused when one is: which one shows alone.
      else if (delivery.isOpen) await this.#renewAlone(delivery)
    }
  }

  async #renewAlone(delivery: Delivery): Promise<void> {
    const { topicId, partition, offset } = delivery.place
    const batches = [{ firstOffset: offset, lastOffset: offset, acknowledgeTypes: [Acknowledgement.renew] }]
    const startedAt = performance.now()
    const refused = await this.#acknowledge([{ topicId, partition, batches }], { isRenewal: true })
    if (refused.size > 0) this.#lose(delivery)
    else delivery.lockedAt = startedAt
  }

  /** Answers the partitions that were refused. */
  async #acknowledge(
    told: readonly PartitionAcknowledgements[],
    { epoch = this.#epoch, isRenewal = false }: { epoch?: number; isRenewal?: boolean } = {},
  ): Promise<ReadonlySet<string>> {
    const answer = await this.connection.request(shareAcknowledge, VERSION, {
      ...{ groupId: this.options.groupId, memberId: this.options.memberId, shareSessionEpoch: epoch },
      isRenewAck: isRenewal,
      topics: acknowledgedTopics(told),
    })
    if (!this.#advance(answer.errorCode, answer.errorMessage)) return new Set(told.map(keyOf))
    const refused = new Set<string>()
    for (const { topicId, partitions } of answer.responses)
      for (const { partitionIndex: partition, errorCode } of partitions) {
        if (errorCode === ErrorCode.NONE) continue
        refused.add(keyOf({ topicId, partition }))
        this.#notTold(errorCode)
      }
    this.#observe(told, refused)
    return refused
  }

  #observe(told: readonly PartitionAcknowledgements[], refused: ReadonlySet<string>): void {
    if (told.length === 0) return
    this.options.observer?.acknowledged?.(told.filter((at) => !refused.has(keyOf(at))))
  }

  /** What of the session's partitions has changed, and what is told of them. */
  #partitions(told: readonly PartitionAcknowledgements[]) {
    const named = new Map(told.map((each) => [keyOf(each), each]))
    for (const [key, at] of this.#wanted)
      if (!this.#known.has(key) && !named.has(key)) named.set(key, { ...at, batches: [] })
    const forgotten = [...this.#known].filter(([key]) => !this.#wanted.has(key))
    this.#known.clear()
    for (const [key, at] of this.#wanted) this.#known.set(key, at)
    return {
      topics: acknowledgedTopics([...named.values()]),
      forgottenTopicsData: byTopic(forgotten.map(([, at]) => at)).map(([topicId, of]) => ({
        topicId,
        partitions: of.map(({ partition }) => partition),
      })),
    }
  }

  /** Counts on; false when the session is to begin anew. Throws what ends it. */
  #advance(errorCode: number, errorMessage: string | null): boolean {
    if (errorCode === ErrorCode.NONE) {
      this.#epoch = this.#epoch === MAX_EPOCH ? 1 : this.#epoch + 1
      return true
    }
    const isLost =
      errorCode === ErrorCode.SHARE_SESSION_NOT_FOUND || errorCode === ErrorCode.INVALID_SHARE_SESSION_EPOCH
    if (!isLost) throw errorOf(errorCode, `share session of ${this.options.groupId}`, errorMessage)
    log.debug('share session begins anew', { [fields.error]: describeError(errorOf(errorCode, this.options.groupId)) })
    this.#epoch = 0
    this.#known.clear()
    return false
  }

  readonly #acknowledged = (delivery: Delivery, how: Acknowledgement): void => {
    if (this.#isOver) return
    this.#held.delete(placeKey(delivery.place))
    this.#pending.add(delivery.place, how)
    this.wake()
  }

  #lose(delivery: Delivery): void {
    if (!this.#held.delete(placeKey(delivery.place))) return
    log.warn('the lock of a message is lost', { [fields.topic]: this.options.topic, ...delivery.place })
    delivery.lose()
  }

  /** It may come again, and is known then. */
  #notTold(errorCode: number): void {
    log.debug('acknowledgement came too late', {
      [fields.error]: describeError(errorOf(errorCode, this.options.topic)),
    })
  }

  #isOld(lockedAt: number): boolean {
    return performance.now() - lockedAt >= this.#lockMs * RENEWED_AFTER
  }

  /** Until the first lock is to be renewed, milliseconds. */
  #renewInMs(): number {
    let oldest = Number.POSITIVE_INFINITY
    for (const { lockedAt } of this.#held.values()) oldest = Math.min(oldest, lockedAt)
    return oldest + this.#lockMs * RENEWED_AFTER - performance.now()
  }
}

const keyOf = ({ topicId, partition }: SharePartition): string => `${topicId}:${partition}`

const placeKey = ({ topicId, partition, offset }: Place): string => `${topicId}:${partition}:${offset}`

const byTopic = <P extends SharePartition>(partitions: readonly P[]): [string, P[]][] => [
  ...Map.groupBy(partitions, ({ topicId }) => topicId),
]

/** As both requests name them. */
const acknowledgedTopics = (told: readonly PartitionAcknowledgements[]) =>
  byTopic(told).map(([topicId, of]) => ({
    topicId,
    partitions: of.map(({ partition, batches }) => ({ partitionIndex: partition, acknowledgementBatches: batches })),
  }))
