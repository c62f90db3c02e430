import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Database, GroupCommit } from '#libs/database'
import { Poller } from '#libs/loops'
import { counter, createLogger, fields, metrics } from '#libs/observability'
import { type Attempt, type Patience, SUSPICIOUS } from '../../domain/subscriptions/attempt.ts'
import { claimDeliveries, type DueDelivery, nextDelivery, releaseDeliveries } from '../sql/claim-deliveries.ts'
import { type Made, recordMade } from './record.ts'

export interface DeliveryWorkerOptions {
  readonly database: Database
  readonly groupCommit: GroupCommit
  /** Makes one delivery; never rejects. */
  readonly send: (delivery: DueDelivery, stopped: AbortSignal) => Promise<Attempt>
  readonly patience: Patience
  /** For one delivery, milliseconds. */
  readonly timeoutMs: number
  /** Deliveries to one subscriber at the same time. */
  readonly inFlight: number
  /** Subscriptions were switched on or off. */
  readonly onChanged: () => void
}

/** A lease lasts for the longest delivery and this, milliseconds: time to record how it ended. */
const LEASE_RESERVE_MS = 20_000
const RECORD_AGAIN_MS = 500
/** Between two looks at the table while something waits for its turn, and while nothing does. */
const SOONEST_MS = 100
const LATEST_MS = 2_000
const GRACE_MS = 3_000

const log = createLogger('subscriptions')
const attempts = counter(metrics.subscriptions.attempts)

/**
 * Makes the deliveries that are owed. Each is a row of its own, which says when it is due; whoever takes it has a lease.
 *
 *     pending, due ──claim──▶ leased ──sent──▶ recorded: delivered | pending, due later | failed
 *          ▲                    │ the process died, or could not record it
 *          └─── lease ran out ──┘
 *
 * So an endpoint gets everything at least once, and knows a repetition by its id. `libs/effects`, which makes calls in the
 * same way, keeps what waits for its next attempt in memory: right for a provider that is away for minutes, but an
 * endpoint that is dead for a day would fill that memory, and here it takes none. As many slots as subscriptions may need
 * are there, so no endpoint ever waits for another one.
 */
export class DeliveryWorker {
  readonly #owner = randomUUID()
  readonly #busy = new Map<string, number>()
  readonly #underWay = new Set<Promise<void>>()
  readonly #stopped = new AbortController()
  #made: Made[] = []
  #recording: Promise<void> | undefined
  readonly #poller = new Poller(() => this.#claimDue())
  #stopping = false

  constructor(private readonly options: DeliveryWorkerOptions) {}

  start(): void {
    this.#poller.start()
  }

  /** Something may be due. */
  wake(): void {
    this.#poller.now()
  }

  /** Lets what is under way end within the grace, and gives the rest back. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#poller.stop()
    const abort = setTimeout(() => this.#stopped.abort(new Error('the service stops')), GRACE_MS)
    await Promise.all(this.#underWay)
    clearTimeout(abort)
    await this.#recording
    await releaseDeliveries(this.options.database, this.#owner).catch((error: unknown) =>
      log.warn('leases not given back, they run out by themselves', { [fields.error]: error }),
    )
  }

  /** Answers when to look again, milliseconds. */
  async #claimDue(): Promise<number> {
    try {
      const claimed = await this.#claim()
      for (const delivery of claimed) this.#begin(delivery)
      if (claimed.length > 0) return 0
      const waitMs = (await nextDelivery(this.options.database)) ?? LATEST_MS
      return Math.min(Math.max(waitMs, SOONEST_MS), LATEST_MS)
    } catch (error) {
      log.debug('deliveries not claimed', { [fields.error]: error })
      return LATEST_MS
    }
  }

  #claim(): Promise<DueDelivery[]> {
    const { database, inFlight, timeoutMs } = this.options
    const leaseMs = timeoutMs + LEASE_RESERVE_MS
    const claim = { owner: this.#owner, leaseMs, inFlight, suspicious: SUSPICIOUS, busy: this.#busy }
    return claimDeliveries(database, claim)
  }

  #begin(delivery: DueDelivery): void {
    const { subscriptionId } = delivery
    this.#busy.set(subscriptionId, (this.#busy.get(subscriptionId) ?? 0) + 1)
    const made = this.#make(delivery).finally(() => {
      const left = this.#busy.get(subscriptionId)! - 1
      if (left === 0) this.#busy.delete(subscriptionId)
      else this.#busy.set(subscriptionId, left)
      this.#underWay.delete(made)
      this.wake()
    })
    this.#underWay.add(made)
  }

  async #make(delivery: DueDelivery): Promise<void> {
    const attempt = await this.options.send(delivery, this.#stopped.signal)
    // Ended by our own stop: that says nothing of the endpoint.
    if (attempt.result === 'failed' && this.#stopped.signal.aborted) return
    attempts.inc({ to: delivery.deliver.to, result: attempt.result })
    this.#made.push({ delivery, attempt })
    this.#recording ??= this.#record()
    await this.#recording
  }

  /** Everything that was made while the last transaction ran shares the next. */
  async #record(): Promise<void> {
    await Promise.resolve()
    const { groupCommit, patience, timeoutMs, onChanged } = this.options
    while (this.#made.length > 0) {
      const made = this.#made.splice(0)
      // Later than that somebody else has it, and makes it again.
      const untilMs = performance.now() + timeoutMs + LEASE_RESERVE_MS
      while (performance.now() < untilMs) {
        try {
          const run = (uow: Parameters<typeof recordMade>[0]) => recordMade(uow, this.#owner, patience, made)
          if (await groupCommit.submit({ run, weight: made.length })) onChanged()
          break
        } catch (error) {
          log.warn('deliveries not recorded', { [fields.error]: error, [fields.count]: made.length })
          // What is not on record is made again by whoever has the service's next lease.
          if (this.#stopping) break
          await delay(RECORD_AGAIN_MS)
        }
      }
    }
    this.#recording = undefined
  }
}
