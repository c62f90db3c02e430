import { setTimeout as sleep } from 'node:timers/promises'
import { WakeUp } from '#libs/loops'
import { createLogger, fields } from '#libs/observability'
import { MEMBERS_CHANGED } from './channel.ts'
import { Delivery } from './delivery.ts'
import { HandOver, type OutboxRecord } from './hand-over.ts'
import { registerRelay } from './local-relays.ts'
import type { Publisher } from './publisher.ts'
import { RelayConnection } from './relay-connection.ts'
import { RelayMetrics } from './relay-metrics.ts'
import { SlotShare } from './slot-share.ts'
import { fetchBatch } from './sql/fetch-batch.ts'
import { readSettled } from './sql/read-settled.ts'
import { sweepOutbox } from './sql/sweep-outbox.ts'

export interface OutboxRelayOptions {
  readonly databaseUrl: string
  /** The `Database` through which this process writes its outbox: its commits wake this relay without a NOTIFY. */
  readonly database?: object
  readonly publisher: Publisher
  /** Rows per publish, at most. Default 1,000. */
  readonly batchSize?: number
  /** Called at the moments at which a crash is worth testing. */
  readonly crashPoint?: (name: 'after-publish-before-delete') => void | Promise<void>
}

/** How often the table is looked at without a wake-up, milliseconds: at first soon after work, then ever more rarely. */
const POLL_MS = { min: 100, max: 1_000 }
/** How often a relay without all slots looks for slots that a dead one left behind, milliseconds. */
const REBALANCE_MS = 1_000
/** Between tries to find the table without a writer, so that rows can be handed over, milliseconds. */
const SETTLE_MS = 100
/** Between tries to reach a database that is away, milliseconds. */
const RETRY_MS = { min: 50, max: 5_000 }
/** After a sweep that found nothing the next one waits at least so long, milliseconds, and three times what it took. */
const SWEEP_MS = { min: 50, max: 5_000 }

const log = createLogger('outbox')

/** Publishes what transactions left in the outbox. README.md says what it promises, and why the order per key holds. */
export class OutboxRelay {
  readonly #options: OutboxRelayOptions
  readonly #batchSize: number
  readonly #wakeUp = new WakeUp()
  readonly #handOver = new HandOver()
  readonly #delivery: Delivery
  readonly #stopping = new AbortController()
  readonly #metrics = new RelayMetrics()
  #share: SlotShare | undefined
  #membersChanged = true
  #rebalanceAt = 0
  #settleAt = 0
  #sweepAt = 0
  #running: Promise<void> | undefined

  constructor(options: OutboxRelayOptions) {
    this.#options = options
    this.#batchSize = options.batchSize ?? 1_000
    this.#delivery = new Delivery({
      publisher: options.publisher,
      onAcknowledged: (rows) => this.#metrics.acknowledged(rows),
      onSettled: () => this.#wakeUp.signal(),
      crashPoint: options.crashPoint,
    })
  }

  /** How many slots it holds now; the relays of a database hold all 64 between them, each about as many as any other. */
  get slots(): number {
    return this.#share?.slots.length ?? 0
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Finishes the batches that are on their way and hands the slots over. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#wakeUp.signal()
    await this.#running
  }

  async #run(): Promise<void> {
    const { database } = this.#options
    const holds = (slot: number): boolean => this.#share?.holds(slot) ?? false
    const unregister =
      database &&
      registerRelay(database, {
        holds,
        committed: (rows) => {
          this.#handOver.offer(rows)
          this.#wakeUp.signal()
        },
      })
    let failures = 0
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#session(() => {
          failures = 0
        })
      } catch (error) {
        log.warn('the session with the outbox ended; beginning another', { [fields.error]: error })
        await this.#pause(Math.min(RETRY_MS.min * 2 ** failures++, RETRY_MS.max) * (0.5 + Math.random() / 2))
      }
    }
    unregister?.()
  }

  /** The life of one connection: ended by `stop`, or by whatever took the connection away, which is thrown. */
  async #session(connected: () => void): Promise<void> {
    const connection = await RelayConnection.open(this.#options.databaseUrl, {
      notified: (payload) => {
        if (payload === MEMBERS_CHANGED) this.#membersChanged = true
        this.#wakeUp.signal()
      },
      // The loop verifies the session before it publishes.
      lost: () => this.#wakeUp.signal(),
    })
    try {
      await this.#delivery.begin(connection)
      const share = await SlotShare.join(connection)
      this.#share = share
      this.#membersChanged = true
      connected()
      await this.#relay(connection, share)
      await this.#delivery.quiesce(connection)
      await share.leave()
    } finally {
      this.#share = undefined
      this.#handOver.forget()
      await connection.close()
    }
  }

  async #relay(connection: RelayConnection, share: SlotShare): Promise<void> {
    const delivery = this.#delivery
    let prefetched: Promise<OutboxRecord[]> | undefined
    let restMs = POLL_MS.min
    while (!this.#stopping.signal.aborted) {
      await delivery.collect(connection)
      if (prefetched === undefined && this.#rebalanceDue(share)) await this.#rebalance(connection, share)
      this.#wakeUp.reset()
      const handed = delivery.allOpen ? this.#handOver.take(this.#batchSize) : []
      const batch = handed.length > 0 ? handed : await (prefetched ?? this.#read(connection, share))
      prefetched = undefined
      const full = batch.length === this.#batchSize
      this.#metrics.found(batch, full || !delivery.allOpen, connection, share.slots)
      if (batch.length === 0) {
        await this.#wakeUp.wait(Math.min(restMs, delivery.retryInMs))
        restMs = Math.min(restMs * 2, POLL_MS.max)
        continue
      }
      restMs = POLL_MS.min
      if (full && handed.length === 0 && delivery.allOpen && !this.#rebalanceDue(share)) {
        const ids = batch.map(({ id }) => id)
        prefetched = fetchBatch(connection, share.slots, ids, this.#batchSize)
        // Awaited when this batch is through; until then a failure must not count as unhandled.
        prefetched.catch(() => {})
      }
      if (!(await delivery.publish(connection, batch))) {
        // What was fetched or handed over behind these rows must not overtake them: the table says what may go.
        prefetched = undefined
        this.#handOver.forget()
      } else if (!full && delivery.allOpen) {
        // That was all there was, and whoever has committed more since has said so: no need to look.
        await this.#wakeUp.wait(restMs)
      }
    }
  }

  /** The oldest rows that may go, if possible so that from then on committed rows can be handed over. */
  async #read(connection: RelayConnection, share: SlotShare): Promise<OutboxRecord[]> {
    if (!this.#delivery.allOpen) return this.#sweep(connection, share)
    if (!this.#handOver.synced && share.complete && performance.now() >= this.#settleAt) {
      this.#settleAt = performance.now() + SETTLE_MS
      this.#handOver.begin()
      const settled = await readSettled(connection, this.#batchSize)
      if (settled !== undefined) {
        this.#handOver.sync(settled.through)
        return settled.batch
      }
      this.#handOver.forget()
    }
    const batch = await fetchBatch(connection, share.slots, [], this.#batchSize)
    // Nobody handed them over, so there may be more like them.
    if (batch.length > 0) this.#handOver.forget()
    return batch
  }

  /** While partitions are away or slow: what may go is looked for among what may not, and what is due is tried again. */
  async #sweep(connection: RelayConnection, share: SlotShare): Promise<OutboxRecord[]> {
    await this.#pause(this.#sweepAt - performance.now())
    const isDue = this.#delivery.retryInMs === 0
    const startedAt = performance.now()
    const passages = this.#delivery.passages()
    const { open, due, complete } = await sweepOutbox(connection, share.slots, passages, this.#batchSize)
    const tookMs = performance.now() - startedAt
    const restMs = open.length > 0 ? tookMs : Math.max(3 * tookMs, SWEEP_MS.min)
    this.#sweepAt = performance.now() + Math.min(restMs, SWEEP_MS.max)
    if (due.length > 0) await this.#delivery.retry(connection, due)
    else if (isDue && complete) this.#delivery.nothingWaits()
    return open
  }

  #rebalanceDue(share: SlotShare): boolean {
    return this.#membersChanged || (!share.complete && performance.now() >= this.#rebalanceAt)
  }

  async #rebalance(connection: RelayConnection, share: SlotShare): Promise<void> {
    this.#membersChanged = false
    await this.#delivery.quiesce(connection)
    // A slot that is given up takes its rows along.
    this.#handOver.forget()
    this.#rebalanceAt = performance.now() + REBALANCE_MS
    await share.rebalance()
  }

  /** `stop` cuts it short. */
  async #pause(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}
