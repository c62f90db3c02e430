import { gauge, histogram, metrics } from '#libs/observability'
import type { OutboxRecord } from './hand-over.ts'
import type { RelayConnection } from './relay-connection.ts'
import { countBacklog } from './sql/count-backlog.ts'

/** Counting a long backlog is work for the server, so it is done this rarely, milliseconds. */
const COUNT_MS = 5_000

const delay = histogram({ name: metrics.outbox.relayDelay, help: 'Seconds from commit to the acknowledgement' })
const backlog = gauge({ name: metrics.outbox.backlog, help: 'Rows that wait to be published' })
const oldestAge = gauge({ name: metrics.outbox.oldestAge, help: 'Age in seconds of the oldest row that waits' })

const secondsSince = (ms: number): number => Math.max(0, (performance.timeOrigin + performance.now() - ms) / 1000)

export class RelayMetrics {
  #countAt = 0

  /** `batch` is what was just found to publish, of which there may be more. */
  found(batch: readonly OutboxRecord[], more: boolean, connection: RelayConnection, slots: readonly number[]): void {
    if (!more) {
      backlog.set(batch.length)
      oldestAge.set(batch.length === 0 ? 0 : secondsSince(batch[0]!.insertedMs))
    } else if (performance.now() >= this.#countAt) {
      this.#countAt = performance.now() + COUNT_MS
      countBacklog(connection, slots).then(
        ({ count, oldestMs }) => {
          backlog.set(count)
          oldestAge.set(oldestMs === null ? 0 : secondsSince(oldestMs))
        },
        () => {}, // The session is over; its next statement says so.
      )
    }
  }

  acknowledged(batch: readonly OutboxRecord[]): void {
    for (const { insertedMs } of batch) delay.observe(secondsSince(insertedMs))
  }
}
