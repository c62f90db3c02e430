import { ErrorCode, fetch, type RequestOf, type ResponseOf } from '#libs/kafka-protocol'
import { defineHandler, type RequestContext } from '../handler.ts'
import type { FetchResult, IsolationLevel } from '../log/log-reader.ts'
import type { PartitionLog } from '../log/partition-log.ts'

/**
 * Fetch: 4-17
 * - Sessions are never created: session id 0 in every answer makes clients send full requests.
 * - A request that names a session is told FETCH_SESSION_ID_NOT_FOUND, and comes back without one.
 */
export const handleFetch = defineHandler({
  api: fetch,
  advertised: { min: 4, max: 17 },
  handle(request, context) {
    if (request.sessionId !== 0 && request.sessionEpoch > 0) {
      return { errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND, responses: [] }
    }
    const parts = partsOf(request, context)
    const limits = {
      minBytes: Math.min(request.minBytes, request.maxBytes),
      maxBytes: Math.min(request.maxBytes, context.broker.settings['fetch.max.bytes']),
      isolation: request.isolationLevel === 1 ? ('READ_COMMITTED' as const) : ('READ_UNCOMMITTED' as const),
    }
    const first = readAll(parts, limits)
    if (first instanceof Promise) return first.then((reading) => answerOrPark(reading, parts, limits, request, context))
    return answerOrPark(first, parts, limits, request, context)
  },
})

type Request = RequestOf<typeof fetch>
type Response = ResponseOf<typeof fetch>

interface Limits {
  readonly minBytes: number
  readonly maxBytes: number
  readonly isolation: IsolationLevel
}

/** One partition of the request, and the log it means, unless it means none. */
interface Part {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  readonly maxBytes: number
  readonly log: PartitionLog | undefined
  readonly errorCode: ErrorCode
}

interface Reading {
  readonly results: readonly (FetchResult | undefined)[]
  readonly bytes: number
  readonly hasError: boolean
}

function partsOf(request: Request, context: RequestContext): Part[] {
  const byId = context.apiVersion >= 13
  const parts: Part[] = []
  for (const { topic: name, topicId, partitions } of request.topics) {
    const topic = byId ? context.broker.topics.findById(topicId) : context.broker.topics.find(name)
    for (const { partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch } of partitions) {
      const log = topic?.logs[partition]
      const unknown = byId && topic === undefined ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      const errorCode = log === undefined ? unknown : epochError(currentLeaderEpoch, log)
      parts.push({ topic: name, topicId, partition, offset: fetchOffset, maxBytes: partitionMaxBytes, log, errorCode })
    }
  }
  return parts
}

export function epochError(clientEpoch: number, log: PartitionLog): ErrorCode {
  if (clientEpoch < 0 || clientEpoch === log.leaderEpoch) return ErrorCode.NONE
  return clientEpoch < log.leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH
}

/** Reads in the order of the request until the budget is spent; usually everything is in memory and nothing waits. */
function readAll(parts: readonly Part[], limits: Limits): Reading | Promise<Reading> {
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
      const { log, errorCode, offset, maxBytes } = parts[i]!
      if (log === undefined || errorCode !== ErrorCode.NONE) {
        results.push(undefined)
        hasError = true
        continue
      }
      const budget = Math.max(0, Math.min(maxBytes, limits.maxBytes - bytes))
      const result = log.read(offset, budget, limits.isolation, bytes === 0)
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

function answerOrPark(
  reading: Reading,
  parts: readonly Part[],
  limits: Limits,
  request: Request,
  context: RequestContext,
): Response | Promise<Response> {
  const isEnough = reading.hasError || reading.bytes >= limits.minBytes || parts.length === 0 || request.maxWaitMs <= 0
  return isEnough ? responseOf(reading, parts) : park(parts, limits, request, context)
}

/** Waits until enough is readable, something is wrong, the time is up, or the client is gone. */
function park(parts: readonly Part[], limits: Limits, request: Request, context: RequestContext): Promise<Response> {
  return new Promise((resolve, reject) => {
    const removals: (() => void)[] = []
    let state: 'waiting' | 'reading' | 'changed' | 'over' = 'waiting'
    const finish = (reading: Reading): void => {
      state = 'over'
      for (const remove of removals) remove()
      resolve(responseOf(reading, parts))
    }
    const look = async (isLast: boolean): Promise<void> => {
      do {
        state = 'reading'
        const reading = await readAll(parts, limits)
        if ((state as string) === 'over') return
        const isClosed = parts.some(({ log }) => log?.closed === true)
        if (isLast || isClosed || reading.hasError || reading.bytes >= limits.minBytes) return finish(reading)
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
    removals.push(context.broker.clock.after(request.maxWaitMs, () => void look(true).catch(reject)))
    removals.push(context.onClose(() => finish({ results: [], bytes: 0, hasError: false })))
    for (const { log } of parts) if (log !== undefined) removals.push(log.onChange(wake))
  })
}

function responseOf(reading: Reading, parts: readonly Part[]): Response {
  const responses: { topic: string; topicId: string; partitions: ReturnType<typeof partitionOf>[] }[] = []
  for (const [i, part] of parts.entries()) {
    const last = responses.at(-1)
    const entry = partitionOf(part, reading.results[i])
    if (last !== undefined && last.topic === part.topic && last.topicId === part.topicId) last.partitions.push(entry)
    else responses.push({ topic: part.topic, topicId: part.topicId, partitions: [entry] })
  }
  return { errorCode: ErrorCode.NONE, responses }
}

const NO_RECORDS: readonly Buffer[] = []

function partitionOf({ partition, log, errorCode }: Part, result: FetchResult | undefined) {
  if (result?.ok !== true) {
    return {
      partitionIndex: partition,
      errorCode: result === undefined ? errorCode : result.errorCode,
      highWatermark: log?.highWatermark ?? -1,
      lastStableOffset: log?.lastStableOffset ?? -1,
      logStartOffset: log?.logStartOffset ?? -1,
      abortedTransactions: null,
      records: NO_RECORDS,
    }
  }
  const { highWatermark, lastStableOffset, logStartOffset, abortedTransactions, records } = result
  return {
    ...{ partitionIndex: partition, errorCode: ErrorCode.NONE, highWatermark, lastStableOffset, logStartOffset },
    ...{ abortedTransactions, records },
  }
}
