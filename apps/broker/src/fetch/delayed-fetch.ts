import type { RequestContext } from '../handler.ts'
import type { Part } from './fetch-part.ts'
import { type FetchLimits, type Reading, readParts } from './fetch-reading.ts'

const NOTHING: Reading = { results: [], bytes: 0, hasError: false }

export const isEnough = ({ bytes, hasError }: Reading, { minBytes }: FetchLimits): boolean =>
  hasError || bytes >= minBytes

/**
 * Waits until enough is readable, something is wrong, the time is up, or the client is gone. `first` is a read that is
 * under way; what comes while it is may be missing in it, and is looked for after it.
 */
export function delayFetch(
  parts: readonly Part[],
  limits: FetchLimits,
  maxWaitMs: number,
  { broker, onClose }: RequestContext,
  first?: Promise<Reading>,
): Promise<Reading> {
  return new Promise((resolve, reject) => {
    const removals: (() => void)[] = []
    let state: 'waiting' | 'reading' | 'changed' | 'over' = 'waiting'
    const finish = (reading: Reading): void => {
      state = 'over'
      for (const remove of removals) remove()
      resolve(reading)
    }
    const look = async (isLast: boolean, begun?: Promise<Reading>): Promise<void> => {
      let underWay = begun
      do {
        state = 'reading'
        const reading = await (underWay ?? readParts(parts, limits, broker.memory))
        underWay = undefined
        if ((state as string) === 'over') return
        const isClosed = parts.some(({ log }) => log?.closed === true)
        if (isLast || isClosed || isEnough(reading, limits)) return finish(reading)
      } while ((state as string) === 'changed')
      state = 'waiting'
    }
    const wake = (): void => {
      if (state === 'reading') state = 'changed'
      // Partitions written together notify one after the other: one look after the last of them sees all.
      else if (state === 'waiting') {
        state = 'reading'
        queueMicrotask(() => void look(false).catch(reject))
      }
    }
    removals.push(broker.clock.after(maxWaitMs, () => void look(true).catch(reject)))
    removals.push(onClose(() => finish(NOTHING)))
    for (const { log } of parts) if (log !== undefined) removals.push(log.onChange(wake))
    if (first !== undefined) void look(false, first).catch(reject)
  })
}

/** Resolves when there is memory for an answer with records, or the client is gone. */
export function memoryFor({ broker, onClose }: RequestContext): Promise<void> {
  return new Promise((resolve) => {
    const prevent = broker.memory.whenFree(() => {
      forget()
      resolve()
    })
    const forget = onClose(() => {
      prevent()
      resolve()
    })
  })
}
