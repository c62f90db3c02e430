import { gauge, histogram, metrics } from '#libs/observability'
import type { OutboxRecord } from './hand-over.ts'
import type { RelayConnection } from './relay-connection.ts'
import { countBacklog } from './sql/count-backlog.ts'

/** Counting a long backlog is work for the server, so it is done this rarely, milliseconds. */
const COUNT_MS = 5_000

const delay = histogram(metrics.outbox.relayDelay)
const backlog = gauge(metrics.outbox.backlog)

const secondsSince = (ms: number): number => Math.max(0, (performance.timeOrigin + performance.now() - ms) / 1000)

export class RelayMetrics {
  #countAt = 0
  /** When the oldest row that waits was inserted, milliseconds since 1970: it grows older while nobody looks at it. */
  #oldestMs: number | undefined

  constructor() {
    gauge(metrics.outbox.oldestAge, (age) => age.set(this.#oldestMs === undefined ? 0 : secondsSince(this.#oldestMs)))
  }

  /** `batch` is what was just found to publish, of which there may be more. */
  found(batch: readonly OutboxRecord[], more: boolean, connection: RelayConnection, slots: readonly number[]): void {
    if (!more) {
      backlog.set(batch.length)
      this.#oldestMs = batch[0]?.insertedMs
    } else if (performance.now() >= this.#countAt) {
      this.#countAt = performance.now() + COUNT_MS
      countBacklog(connection, slots).then(
        ({ count, oldestMs }) => {
          backlog.set(count)
          this.#oldestMs = oldestMs ?? undefined
        },
        () => {}, // The session is over; its next statement says so.
      )
    }
  }

  acknowledged(batch: readonly OutboxRecord[]): void {
    for (const { insertedMs } of batch) delay.observe({}, secondsSince(insertedMs))
  }
}
