import { ErrorCode, fetch, type ResponseOf } from '#libs/kafka-protocol'
import { delayFetch, isEnough, memoryFor } from '../fetch/delayed-fetch.ts'
import { type FetchRequest, type Part, partOf } from '../fetch/fetch-part.ts'
import { type FetchLimits, type Reading, readParts } from '../fetch/fetch-reading.ts'
import type { FetchContext } from '../fetch/fetch-session-cache.ts'
import { permittedParts } from '../fetch/permitted-parts.ts'
import { defineHandler, type RequestContext } from '../handler.ts'
import type { FetchResult } from '../log/log-reader.ts'

type Response = ResponseOf<typeof fetch>

/**
 * Fetch: 4-17
 * - While the broker is short of memory, answers are as small as one batch.
 */
export const handleFetch = defineHandler({
  api: fetch,
  advertised: { min: 4, max: 17 },
  handle(request, context) {
    const { broker } = context
    const byId = context.apiVersion >= 13
    const session = broker.fetchSessions.open(request, byId)
    if ('errorCode' in session) return { errorCode: session.errorCode, responses: [] }
    const located = session.wanted.map((wanted) => partOf(wanted, broker.readable, byId))
    const parts = permittedParts(located, byId, context)
    const limits: FetchLimits = {
      minBytes: Math.min(request.minBytes, request.maxBytes),
      maxBytes: Math.min(request.maxBytes, broker.settings['fetch.max.bytes']),
      isolation: request.isolationLevel === 1 ? 'READ_COMMITTED' : 'READ_UNCOMMITTED',
    }
    const answer = (reading: Reading) => {
      for (const [i, result] of reading.results.entries()) {
        if (result?.ok === true && result.bytes > 0) broker.traffic.fetched(parts[i]!.log!.topic, result.records)
      }
      return respond(reading, parts, session)
    }
    const found = read(parts, limits, request, context)
    return found instanceof Promise ? found.then(answer) : answer(found)
  },
})

function read(
  parts: readonly Part[],
  limits: FetchLimits,
  request: FetchRequest,
  context: RequestContext,
): Reading | Promise<Reading> {
  const { memory } = context.broker
  if (memory.overdrawn) return memoryFor(context).then(() => read(parts, limits, request, context))
  const first = readParts(parts, limits, memory)
  const mayWait = parts.length > 0 && request.maxWaitMs > 0
  if (!mayWait) return first
  if (first instanceof Promise) return delayFetch(parts, limits, request.maxWaitMs, context, first)
  return isEnough(first, limits) ? first : delayFetch(parts, limits, request.maxWaitMs, context)
}

function respond(reading: Reading, parts: readonly Part[], session: FetchContext): Response {
  const answers = parts.map((part, i) => partitionOf(part, reading.results[i]))
  const outcome = session.close(answers)
  if ('errorCode' in outcome) return { errorCode: outcome.errorCode, responses: [] }
  const responses: { topic: string; topicId: string; partitions: ReturnType<typeof partitionOf>[] }[] = []
  for (const [i, { topic, topicId }] of parts.entries()) {
    if (!outcome.isTold(i)) continue
    const last = responses.at(-1)
    if (last !== undefined && last.topic === topic && last.topicId === topicId) last.partitions.push(answers[i]!)
    else responses.push({ topic, topicId, partitions: [answers[i]!] })
  }
  return { errorCode: ErrorCode.NONE, sessionId: outcome.sessionId, responses }
}

const NO_RECORDS: readonly Buffer[] = []

function partitionOf({ partition, errorCode }: Part, result: FetchResult | undefined) {
  if (result?.ok !== true) {
    return {
      partitionIndex: partition,
      errorCode: result === undefined ? errorCode : result.errorCode,
      ...{ highWatermark: -1, lastStableOffset: -1, logStartOffset: -1 },
      abortedTransactions: null,
      records: NO_RECORDS,
      bytes: 0,
    }
  }
  const { highWatermark, lastStableOffset, logStartOffset, abortedTransactions, records, bytes } = result
  return {
    ...{ partitionIndex: partition, errorCode: ErrorCode.NONE, highWatermark, lastStableOffset, logStartOffset },
    ...{ abortedTransactions, records, bytes },
  }
}
