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

/** As many as there are threads that read. */
const READS_AT_ONCE = 4

/**
 * Reads until the limit is reached; usually everything is in memory and nothing waits. What is read counts as held
 * memory from before it is read, so that many readers of cold data cannot fill the heap.
 */
export function readParts(
  parts: readonly Part[],
  limits: FetchLimits,
  memory: MemoryBudget,
): Reading | Promise<Reading> {
  const reserved = memory.takeUpTo(limits.maxBytes)
  const reading = new PartsReader(parts, reserved, limits.isolation).readFrom(0)
  if (!(reading instanceof Promise)) {
    memory.release(reserved)
    return reading
  }
  return reading.finally(() => memory.release(reserved))
}

/**
 * What is found is the same as if the parts were read one after the other, each with the room that those before it left.
 * Where they have to be read from disk, some are read at once: as long as there is room for all that they may take.
 */
class PartsReader {
  private readonly parts: readonly Part[]
  private readonly maxBytes: number
  private readonly isolation: IsolationLevel
  private readonly results: (FetchResult | undefined)[]
  private bytes = 0
  private hasError = false

  constructor(parts: readonly Part[], maxBytes: number, isolation: IsolationLevel) {
    this.parts = parts
    this.maxBytes = maxBytes
    this.isolation = isolation
    this.results = parts.map(() => undefined)
  }

  readFrom(first: number, atOnce = READS_AT_ONCE): Reading | Promise<Reading> {
    const { parts, isolation, maxBytes } = this
    const before = this.bytes
    const underWay: Promise<void>[] = []
    let promised = 0
    let next = first
    for (; next < parts.length && underWay.length < atOnce; next++) {
      const part = parts[next]!
      const room = Math.max(0, maxBytes - this.bytes - promised)
      // What is left for it depends on what the others find.
      if (underWay.length > 0 && part.maxBytes > room) break
      const result = read(part, Math.min(part.maxBytes, room), isolation, this.bytes + underWay.length === 0)
      if (!(result instanceof Promise)) this.found(next, result)
      else {
        const index = next
        promised += part.maxBytes
        underWay.push(result.then((found) => this.found(index, found)))
      }
    }
    if (underWay.length === 0) return { results: this.results, bytes: this.bytes, hasError: this.hasError }
    return Promise.all(underWay).then(() => {
      if (atOnce === 1 || !this.haveSurprised(first, next)) return this.readFrom(next)
      this.bytes = before
      return this.readFrom(first, 1)
    })
  }

  /**
   * The first part that has a batch may answer with one that is larger than what was asked for, which leaves less room for
   * the others. Which of them is the first shows only now.
   */
  private haveSurprised(first: number, next: number): boolean {
    if (this.bytes === 0) return next - first > 1
    const read = this.results.slice(first, next)
    return read.some((result, i) => result?.ok === true && result.bytes > this.parts[first + i]!.maxBytes)
  }

  private found(index: number, result: FetchResult | undefined): void {
    this.results[index] = result
    if (result?.ok === true) this.bytes += result.bytes
    else this.hasError = true
  }
}

function read(
  { log, offset, errorCode }: Part,
  maxBytes: number,
  isolation: IsolationLevel,
  minOneBatch: boolean,
): FetchResult | undefined | Promise<FetchResult> {
  if (log === undefined || errorCode !== ErrorCode.NONE) return undefined
  return log.read(offset, maxBytes, isolation, minOneBatch)
}
