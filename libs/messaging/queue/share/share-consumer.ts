import { setTimeout as delay } from 'node:timers/promises'
import { WakeUp } from '#libs/loops'
import { createLogger, describeError, fields } from '#libs/observability'
import type { KafkaOptions } from '../../kafka-client.ts'
import { Cluster } from '../../producer/cluster.ts'
import type { Timing } from '../../producer/timing.ts'
import type { Delivery, Place } from './delivery.ts'
import { type GroupSettings, settleGroup } from './group-settings.ts'
import { queueLag } from './queue-lag.ts'
import { ShareMembership } from './share-membership.ts'
import { type ShareObserver, ShareSession } from './share-session.ts'

export interface ShareConsumerOptions extends KafkaOptions {
  readonly groupId: string
  readonly topic: string
  readonly settings: GroupSettings
  /** How many more records may be taken now; after it has grown, `wake` is called. */
  readonly room: () => number
  /** Called with records that are ours: each is to be accepted or released. */
  readonly onDeliveries: (deliveries: readonly Delivery[]) => void
  readonly observer?: ShareObserver | undefined
}

const TIMING: Timing = { connectMs: 1_000, requestMs: 10_000, retriesMs: [], metadataMs: 10_000 }
/** How often the leaders of our partitions are looked at when nothing says that they have changed. */
const LOOK_MS = 1_000
/** A coordinator is asked every five seconds unless the group is set otherwise. */
const SILENCE_MS = 30_000
const RETRY_MS = { first: 100, longest: 2_000 }

const log = createLogger('share')

type SharePartition = Pick<Place, 'topicId' | 'partition'>

/**
 * A member of a share group (KIP-932) for one topic: it joins with the settings that the group should have, opens a
 * session with each broker that leads one of its partitions, and begins anew, with growing pauses, whenever one is lost.
 */
export class ShareConsumer {
  readonly #leaders: Cluster
  readonly #coordination: Cluster
  readonly #membership: ShareMembership
  readonly #sessions = new Map<number, ShareSession>()
  readonly #underWay = new Set<Promise<void>>()
  readonly #changed = new WakeUp()
  #assigned: readonly SharePartition[] = []
  #stopping = false
  #running: Promise<void> | undefined
  /** Times in a row that a session was lost. */
  #losses = 0
  #retryAt = 0
  #deliveryLimit: number | undefined

  constructor(private readonly options: ShareConsumerOptions) {
    this.#leaders = new Cluster(options, TIMING)
    // Of its own: a broker answers one request of a connection after the other, and fetches wait.
    this.#coordination = new Cluster(options, TIMING)
    const { groupId, topic } = options
    this.#membership = new ShareMembership({
      ...{ groupId, topic, cluster: this.#coordination },
      onAssignment: (partitions) => {
        log.info('partitions of a share group', { group: groupId, [fields.count]: partitions.length })
        this.#assigned = partitions
        this.#changed.signal()
      },
    })
  }

  start(): void {
    this.#running = this.#run()
  }

  /** There is more room. */
  wake(): void {
    for (const session of this.#sessions.values()) session.wake()
  }

  /** Tells what was acknowledged, gives back what was not, and leaves the group; as far as brokers can be reached. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#changed.signal()
    for (const session of this.#sessions.values()) session.stop()
    await this.#running
    await Promise.all(this.#underWay)
    await this.#membership.stop()
    this.#leaders.close()
    this.#coordination.close()
  }

  /** Rejects, saying why, when this process takes no messages. */
  async check(): Promise<void> {
    const { silenceMs } = this.#membership
    if (silenceMs === undefined) throw new Error(`has not joined share group ${this.options.groupId} yet`)
    if (silenceMs > SILENCE_MS)
      throw new Error(
        `no answer from the coordinator of ${this.options.groupId} for ${Math.round(silenceMs / 1_000)} s`,
      )
  }

  /** How often a record is delivered before the broker gives it up; undefined before the group was joined. */
  get deliveryLimit(): number | undefined {
    return this.#deliveryLimit
  }

  /** How many records of the topic the group is not done with. Rejects with `TryAgain` while brokers are away. */
  lag(): Promise<number> {
    return queueLag(this.#coordination, this.options)
  }

  async #run(): Promise<void> {
    await this.#settleGroup()
    if (this.#stopping) return
    this.#membership.start()
    while (!this.#stopping) {
      await this.#look().catch((error: unknown) => this.#notFound(error))
      await this.#changed.wait(LOOK_MS)
    }
  }

  /** What the group obeys is set before it is joined: it begins where its settings say, once. */
  async #settleGroup(): Promise<void> {
    const { groupId, settings } = this.options
    for (let retryMs = RETRY_MS.first; !this.#stopping; retryMs = Math.min(RETRY_MS.longest, retryMs * 2)) {
      try {
        this.#deliveryLimit = await settleGroup(this.#coordination, groupId, settings)
        return
      } catch (error) {
        this.#coordination.doubt()
        log.debug('settings of a share group wait', { group: groupId, [fields.error]: describeError(error) })
        await this.#changed.wait(retryMs)
      }
    }
  }

  /** Has a session with each broker that leads one of our partitions. */
  async #look(): Promise<void> {
    const { topic } = this.options
    if (performance.now() < this.#retryAt) return
    await this.#leaders.know([topic])
    const byLeader = Map.groupBy(this.#assigned, ({ partition }) => this.#leaders.leaderOf(topic, partition))
    for (const [leader, partitions] of byLeader) {
      if (leader === undefined) this.#leaders.doubt()
      else if (!this.#stopping) await this.#assign(leader, partitions)
    }
    for (const [leader, session] of this.#sessions) if (!byLeader.has(leader)) session.assign([])
  }

  async #assign(leader: number, partitions: readonly SharePartition[]): Promise<void> {
    const known = this.#sessions.get(leader)
    if (known !== undefined) return known.assign(partitions)
    const connection = await this.#leaders.connectionTo(leader)
    const session = new ShareSession(connection, {
      ...{ groupId: this.options.groupId, memberId: this.#membership.memberId, topic: this.options.topic },
      room: () => (this.#stopping ? 0 : Math.ceil(this.options.room() / this.#sessions.size)),
      onDeliveries: (deliveries) => {
        this.#losses = 0
        this.options.onDeliveries(deliveries)
      },
      observer: this.options.observer,
      onMoved: () => {
        this.#leaders.doubt()
        this.#changed.signal()
      },
    })
    this.#sessions.set(leader, session)
    session.assign(partitions)
    if (this.#stopping) session.stop()
    const run = session.run().catch((error: unknown) => {
      connection.close()
      this.#notFound(error)
    })
    const over = run.finally(() => {
      this.#sessions.delete(leader)
      this.#underWay.delete(over)
      this.#changed.signal()
    })
    this.#underWay.add(over)
  }

  #notFound(error: unknown): void {
    this.#leaders.doubt()
    const pauseMs = Math.min(RETRY_MS.longest, RETRY_MS.first * 2 ** this.#losses++)
    this.#retryAt = performance.now() + pauseMs
    void delay(pauseMs, undefined, { ref: false }).then(() => this.#changed.signal())
    log.debug('share session is lost', { group: this.options.groupId, [fields.error]: describeError(error) })
  }
}
