import type { Kind } from '../../placing/kinds.ts'
import { orderRequest } from '../../placing/order-request.ts'
import { newKey, tell } from '../../server/request.ts'
import type { OrderAccepted } from '../../server/types.ts'

export interface Progress {
  readonly isRunning: boolean
  readonly placed: number
  readonly refused: number
  readonly lastProblem?: string
  readonly lastOrderId?: string
}

export const idle: Progress = { isRunning: false, placed: 0, refused: 0 }

interface Wish {
  readonly skus: readonly string[]
  readonly token: Kind
  readonly total: number
  readonly perSecond: number
}

/** Customers that the orders are spread over, so that they are spread over partitions. */
const CUSTOMERS = 200
/** A browser has six connections to one server, and others need some. */
const MOST_AT_ONCE = 4
const TICK_MS = 100

/** Places orders at a rate until they are all placed or it is stopped; what the system cannot take is not caught up with. */
export const placeMany = async (
  wish: Wish,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<void> => {
  let progress: Progress = { ...idle, isRunning: true }
  const startedAt = Date.now()
  const underWay = new Set<Promise<void>>()
  onProgress(progress)
  for (let started = 0; started < wish.total && !signal.aborted; ) {
    const due = Math.min(wish.total, Math.max(1, Math.ceil(((Date.now() - startedAt) / 1_000) * wish.perSecond)))
    while (started < due && underWay.size < MOST_AT_ONCE) {
      const one = placeOne(wish, started++).then((outcome) => {
        progress = added(progress, outcome)
        underWay.delete(one)
      })
      underWay.add(one)
    }
    await (underWay.size >= MOST_AT_ONCE
      ? Promise.race(underWay)
      : new Promise((resolve) => setTimeout(resolve, TICK_MS)))
    onProgress(progress)
  }
  await Promise.all(underWay)
  onProgress({ ...progress, isRunning: false })
}

const placeOne = async ({ skus, token }: Wish, n: number): Promise<OrderAccepted | Error> => {
  const customerId = `cust-${String((n % CUSTOMERS) + 1).padStart(4, '0')}`
  const body = orderRequest({ customerId, sku: skus[n % skus.length] ?? '', quantity: 1, token })
  try {
    return (await tell<OrderAccepted>('POST', '/api/orders', { key: newKey(), body })).body
  } catch (error) {
    return error as Error
  }
}

const added = (progress: Progress, outcome: OrderAccepted | Error): Progress =>
  outcome instanceof Error
    ? { ...progress, refused: progress.refused + 1, lastProblem: outcome.message }
    : { ...progress, placed: progress.placed + 1, lastOrderId: outcome.orderId }
