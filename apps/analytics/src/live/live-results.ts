import { setTimeout as delay } from 'node:timers/promises'
import { streamTopics } from '#libs/contracts'
import { type KafkaOptions, type ReadPosition, TopicReader } from '#libs/messaging'
import { createLogger, Outage } from '#libs/observability'
import { Slices } from '#libs/stream-tasks'
import { MINUTE } from '#libs/streams'
import type { PaneResult } from '../domain/pane.ts'
import { topology } from '../domain/topology.ts'
import { type LiveMinute, type LiveSecond, type LiveVisits, LiveWindows } from './live-windows.ts'

/** One look: the seconds that changed, those of which the visits are over, and now and then the last minute. */
export interface LiveFrame {
  readonly seconds: readonly LiveSecond[]
  readonly visits: readonly LiveVisits[]
  readonly minute?: LiveMinute
}

/** Results that come within so long are told together. Milliseconds. */
const TOGETHER_MS = 20
const MINUTE_EVERY_MS = 1_000
const WAIT_MS = 500
const AGAIN_MS = 500
const LIMITS = { waitMs: WAIT_MS, maxBytes: 4 * 1024 * 1024, partitionBytes: 1024 * 1024 }
const partitions = Array.from({ length: streamTopics[topology.to].partitions }, (_, partition) => ({
  ...{ topic: topology.to, partition },
}))

/** Follows the results while somebody looks: one reader in a process, however many look, and none at rest. */
export class LiveResults {
  readonly #listeners = new Set<(frame: LiveFrame) => void>()
  #windows = new LiveWindows()
  #reading: AbortController | undefined

  constructor(private readonly kafka: KafkaOptions) {}

  /** Hears what is known of the last minutes, and then every change. Answers how to end that. */
  listen(listener: (frame: LiveFrame) => void): () => void {
    this.#listeners.add(listener)
    listener(this.#windows.all())
    if (this.#reading === undefined) {
      this.#reading = new AbortController()
      void this.#read(this.#reading.signal)
    }
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.stop()
    }
  }

  stop(): void {
    this.#reading?.abort()
    this.#reading = undefined
    this.#windows = new LiveWindows()
  }

  async #read(signal: AbortSignal): Promise<void> {
    const outage = new Outage(createLogger('live'), 'reading results')
    const reader = new TopicReader({ ...this.kafka, readCommitted: true })
    const slices = new Slices()
    let positions: readonly ReadPosition[] | undefined
    let minuteAt = 0
    while (!signal.aborted) {
      try {
        positions ??= await recent(reader)
        const read = await reader.read(positions, LIMITS)
        positions = read.map(({ topic, partition, next }) => ({ topic, partition, offset: next }))
        const records = read.flatMap((partition) => partition.records)
        for await (const slice of slices.of(records)) {
          if (signal.aborted) break
          for (const { value } of slice)
            if (value !== null) this.#windows.put(JSON.parse(value.toString()) as PaneResult)
        }
        const isDue = Date.now() >= minuteAt + MINUTE_EVERY_MS
        if (isDue) minuteAt = Date.now()
        if (!signal.aborted) this.#tell(isDue)
        outage.over()
        await delay(TOGETHER_MS, undefined, { signal })
      } catch (error) {
        if (signal.aborted) break
        positions = undefined
        outage.failed(error)
        await delay(AGAIN_MS, undefined, { signal }).catch(() => {})
      }
    }
    reader.close()
  }

  #tell(withMinute: boolean): void {
    const changed = this.#windows.changed()
    if (changed.seconds.length === 0 && changed.visits.length === 0 && !withMinute) return
    const frame = { ...changed, ...(withMinute && { minute: this.#windows.minute() }) }
    for (const listener of this.#listeners) listener(frame)
  }
}

/** Where the results of the last two minutes begin. */
const recent = async (reader: TopicReader): Promise<ReadPosition[]> => {
  const [begun, ends] = await Promise.all([
    reader.offsetsAt(partitions, Date.now() - 2 * MINUTE),
    reader.offsetsAt(partitions, -1),
  ])
  const end = new Map(ends.map(({ partition, offset }) => [partition, offset]))
  return begun.map((each) => (each.offset < 0 ? { ...each, offset: end.get(each.partition)! } : each))
}
