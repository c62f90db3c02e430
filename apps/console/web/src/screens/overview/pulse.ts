import type { StreamMessage } from '../../server/types.ts'

/** What the last seconds were like, from the facts about orders as they are published. */
export interface Pulse {
  /** When orders were placed, milliseconds since 1970. */
  readonly placed: readonly { readonly orderId: string; readonly at: number }[]
  /** How long orders took that were completed. */
  readonly took: readonly { readonly at: number; readonly ms: number }[]
}

export const calm: Pulse = { placed: [], took: [] }
const WINDOW_MS = 60_000
/** Orders that are remembered to know when they began. */
const MOST = 20_000

export const heard = ({ placed, took }: Pulse, messages: readonly StreamMessage[], now: number): Pulse => {
  const begun = new Map(placed.map(({ orderId, at }) => [orderId, at]))
  const ended = [...took]
  for (const { type, time, correlationId } of messages) {
    if (time === null || correlationId === null) continue
    const at = Date.parse(time)
    if (type === 'order.placed') begun.set(correlationId, at)
    const since = begun.get(correlationId)
    if (type === 'order.completed' && since !== undefined) ended.push({ at, ms: at - since })
  }
  const isRecent = ({ at }: { readonly at: number }) => at > now - WINDOW_MS
  return {
    placed: Array.from(begun, ([orderId, at]) => ({ orderId, at }))
      .filter(isRecent)
      .slice(-MOST),
    took: ended.filter(isRecent).slice(-MOST),
  }
}

const RATE_MS = 10_000

/** Orders per second over the last ten, and percentiles of the last minute; undefined without any. */
export const figures = ({ placed, took }: Pulse, now: number) => {
  const sorted = took.map(({ ms }) => ms).sort((a, b) => a - b)
  const percentile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  return {
    perSecond: placed.filter(({ at }) => at > now - RATE_MS).length / (RATE_MS / 1_000),
    completed: took.length,
    p50: percentile(0.5),
    p99: percentile(0.99),
  }
}
