import { setTimeout as delay } from 'node:timers/promises'
import { writeShopEvent } from '#libs/contracts'
import { generate } from './generate.ts'
import type { Shop, TrafficOptions } from './traffic.ts'

/** How often it is looked what is due. Milliseconds. */
const TICK_MS = 5
/** Between two looks at what else there is to do, while it is behind. Events. */
const BURST = 2_000

/** Where events go: a producer, a file. */
export interface TrafficSink {
  /** False when it takes no more at the moment. */
  take(key: string, value: string): boolean
  untilRoom(): Promise<void>
}

export interface TrafficProgress {
  /** With duplicates. */
  readonly sent: number
  readonly late: number
  readonly duplicates: number
  readonly elapsedMs: number
  /** Behind the pace that was asked for, because the sink takes no more. Milliseconds. */
  readonly behindMs: number
}

/**
 * Sends the events at their pace, or as fast as the sink takes them. Resolves at the end or when `signal` says so.
 * `onProgress` is called about ten times a second.
 */
export const runTraffic = async (
  options: TrafficOptions,
  shop: Shop,
  sink: TrafficSink,
  { paced = true, signal, onProgress }: TrafficControl = {},
): Promise<TrafficProgress> => {
  const began = performance.now()
  const counts = { sent: 0, late: 0, duplicates: 0 }
  let behindMs = 0
  let told = 0
  const progress = (): TrafficProgress => ({ ...counts, elapsedMs: Math.round(performance.now() - began), behindMs })
  for (const { event, dueMs, late, duplicate } of generate(options, shop)) {
    let now = performance.now() - began
    while (paced && dueMs > now && !signal?.aborted) {
      await delay(Math.min(TICK_MS, Math.max(1, dueMs - now)))
      now = performance.now() - began
    }
    if (paced) behindMs = Math.max(0, Math.round(now - dueMs - TICK_MS))
    if (now - told > 100) {
      told = now
      onProgress?.(progress())
    }
    const value = writeShopEvent(event)
    while (!signal?.aborted && !sink.take(event.session, value)) await sink.untilRoom()
    if (signal?.aborted) break
    counts.sent++
    if (late) counts.late++
    if (duplicate) counts.duplicates++
    if (counts.sent % BURST === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return progress()
}

export interface TrafficControl {
  /** False: as fast as the sink takes it. Default true. */
  readonly paced?: boolean
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: TrafficProgress) => void
}
