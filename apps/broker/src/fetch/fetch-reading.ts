import { ErrorCode } from '#libs/kafka-protocol'
import type { FetchResult, IsolationLevel } from '../log/log-reader.ts'
import type { MemoryBudget } from '../network/memory-budget.ts'
import type { Part } from './fetch-part.ts'

export interface FetchLimits {
  readonly minBytes: number
  readonly maxBytes: number
  readonly isolation: IsolationLevel
}

/** What was found; undefined where nothing could be looked for. */
export interface Reading {
  readonly results: readonly (FetchResult | undefined)[]
  readonly bytes: number
  readonly hasError: boolean
}

/**
 * Reads in the order of the parts until the limit is reached; usually everything is in memory and nothing waits. What
 * is read counts as held memory from before it is read, so that many readers of cold data cannot fill the heap.
 */
export function readParts(
  parts: readonly Part[],
  limits: FetchLimits,
  memory: MemoryBudget,
): Reading | Promise<Reading> {
  const reserved = memory.takeUpTo(limits.maxBytes)
  const reading = readAll(parts, reserved, limits.isolation)
  if (!(reading instanceof Promise)) {
    memory.release(reserved)
    return reading
  }
  return reading.finally(() => memory.release(reserved))
}

function readAll(parts: readonly Part[], maxBytes: number, isolation: IsolationLevel): Reading | Promise<Reading> {
  const results: (FetchResult | undefined)[] = []
  let bytes = 0
  let hasError = false
  const take = (result: FetchResult): void => {
    results.push(result)
    if (result.ok) bytes += result.bytes
    else hasError = true
  }
  const step = (from: number): Reading | Promise<Reading> => {
    for (let i = from; i < parts.length; i++) {
      const part = parts[i]!
      if (part.log === undefined || part.errorCode !== ErrorCode.NONE) {
        results.push(undefined)
        hasError = true
        continue
      }
      const budget = Math.max(0, Math.min(part.maxBytes, maxBytes - bytes))
      const result = part.log.read(part.offset, budget, isolation, bytes === 0)
      if (!(result instanceof Promise)) take(result)
      else {
        return result.then((read) => {
          take(read)
          return step(i + 1)
        })
      }
    }
    return { results, bytes, hasError }
  }
  return step(0)
}
