import { setTimeout as sleep } from 'node:timers/promises'
import type { Topic, WireRecord } from '#libs/contracts'
import { createLogger, fields } from '#libs/observability'
import { Bell } from './bell.ts'
import { MEMBERS_CHANGED } from './channel.ts'
import { HandOver, type OutboxRecord } from './hand-over.ts'
import { registerRelay } from './local-relays.ts'
import { RelayConnection } from './relay-connection.ts'
import { RelayMetrics } from './relay-metrics.ts'
import { SlotShare } from './slot-share.ts'
import { deleteBatch } from './sql/delete-batch.ts'
import { fetchBatch } from './sql/fetch-batch.ts'
import { readSettled } from './sql/read-settled.ts'

/** The way to the broker. Resolves when it has all records, in order per key; rejects when that cannot be said. */
export interface Publisher {
  publish(records: readonly { readonly topic: Topic; readonly record: WireRecord }[]): Promise<void>
}

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
/** Between tries to reach a database or broker that is away, milliseconds. */
const RETRY_MS = { min: 50, max: 5_000 }

const log = createLogger('outbox')

/** Publishes what transactions left in the outbox. README.md says what it promises, and why the order per key holds. */
export class OutboxRelay {
  readonly #options: OutboxRelayOptions
  readonly #batchSize: number
  readonly #bell = new Bell()
  readonly #handOver = new HandOver()
  readonly #stopping = new AbortController()
  readonly #metrics = new RelayMetrics()
  #share: SlotShare | undefined
  #membersChanged = true
  #rebalanceAt = 0
  #settleAt = 0
  #running: Promise<void> | undefined

  constructor(options: OutboxRelayOptions) {
    this.#options = options
    this.#batchSize = options.batchSize ?? 1_000
  }

  /** How many slots it holds now; the relays of a database hold all 64 between them, each about as many as any other. */
  get slots(): number {
    return this.#share?.slots.length ?? 0
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Finishes the batch that is on its way and hands the slots over. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#bell.ring()
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
          this.#bell.ring()
        },
      })
    let failures = 0
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#session(() => {
          failures = 0
        })
      } catch (error) {
        log.warn('the outbox cannot be read; trying again', { [fields.error]: error })
        await this.#pause(failures++)
      }
    }
    unregister?.()
  }

  /** The life of one connection: ended by `stop`, or by whatever took the connection away, which is thrown. */
  async #session(connected: () => void): Promise<void> {
    const connection = await RelayConnection.open(this.#options.databaseUrl, {
      notified: (payload) => {
        if (payload === MEMBERS_CHANGED) this.#membersChanged = true
        this.#bell.ring()
      },
      // The loop's next statement fails then, and starts the next session.
      lost: () => this.#bell.ring(),
    })
    try {
      const share = await SlotShare.join(connection)
      this.#share = share
      this.#membersChanged = true
      connected()
      await this.#relay(connection, share)
      await share.leave()
    } finally {
      this.#share = undefined
      this.#handOver.forget()
      await connection.close()
    }
  }

  async #relay(connection: RelayConnection, share: SlotShare): Promise<void> {
    let prefetched: Promise<OutboxRecord[]> | undefined
    let failures = 0
    let restMs = POLL_MS.min
    while (!this.#stopping.signal.aborted) {
      if (prefetched === undefined && this.#rebalanceDue(share)) await this.#rebalance(share)
      this.#bell.silence()
      const handed = this.#handOver.take(this.#batchSize)
      const batch = handed.length > 0 ? handed : await (prefetched ?? this.#read(connection, share))
      prefetched = undefined
      const full = batch.length === this.#batchSize
      this.#metrics.found(batch, full, connection, share.slots)
      if (batch.length === 0) {
        await this.#bell.rest(restMs)
        restMs = Math.min(restMs * 2, POLL_MS.max)
        continue
      }
      restMs = POLL_MS.min
      const ids = batch.map(({ id }) => id)
      if (full && handed.length === 0 && !this.#rebalanceDue(share)) {
        prefetched = fetchBatch(connection, share.slots, ids, this.#batchSize)
        // Awaited when this batch is through; until then a failure must not count as unhandled.
        prefetched.catch(() => {})
      }
      if (await this.#publish(batch)) {
        failures = 0
        await this.#options.crashPoint?.('after-publish-before-delete')
        // Not awaited: the connection carries out one statement after the other, so every later fetch comes after it.
        deleteBatch(connection, ids).catch((error) => log.warn('published rows stay', { [fields.error]: error }))
        // That was all there was, and whoever has committed more since has rung: no need to look.
        if (!full) await this.#bell.rest(restMs)
      } else {
        // What was fetched or handed over behind the failed batch must not overtake it: begin again with the oldest row.
        prefetched = undefined
        this.#handOver.forget()
        await this.#pause(failures++)
      }
    }
  }

  /** The oldest rows of the table, if possible so that from then on committed rows can be handed over. */
  async #read(connection: RelayConnection, share: SlotShare): Promise<OutboxRecord[]> {
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

  async #publish(batch: readonly OutboxRecord[]): Promise<boolean> {
    try {
      await this.#options.publisher.publish(
        batch.map(({ topic, key, value, headers }) => ({ topic: topic as Topic, record: { key, value, headers } })),
      )
    } catch (error) {
      log.warn('publishing failed; trying again', { [fields.error]: error, [fields.count]: batch.length })
      return false
    }
    this.#metrics.acknowledged(batch)
    return true
  }

  #rebalanceDue(share: SlotShare): boolean {
    return this.#membersChanged || (!share.complete && performance.now() >= this.#rebalanceAt)
  }

  async #rebalance(share: SlotShare): Promise<void> {
    this.#membersChanged = false
    // A slot that is given up takes its rows along.
    this.#handOver.forget()
    this.#rebalanceAt = performance.now() + REBALANCE_MS
    await share.rebalance()
  }

  /** Exponential with jitter; `stop` cuts it short. */
  async #pause(failures: number): Promise<void> {
    const ms = Math.min(RETRY_MS.min * 2 ** failures, RETRY_MS.max) * (0.5 + Math.random() / 2)
    await sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}
