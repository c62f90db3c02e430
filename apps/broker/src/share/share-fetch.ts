import { ErrorCode } from '#libs/kafka-protocol'
import { memoryFor } from '../fetch/delayed-fetch.ts'
import type { Part } from '../fetch/fetch-part.ts'
import { readParts } from '../fetch/fetch-reading.ts'
import type { RequestContext } from '../handler.ts'
import { BLOCK_BYTES } from '../log/block-pool.ts'
import type { FetchResult } from '../log/log-reader.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { AclOperation, AclResource } from '../security/authorization/acl.ts'
import type { AcquiredRecords, Acquisition } from './acquire.ts'
import { bytesWith, readBatches } from './read-batches.ts'
import type { TopicIdPartition } from './records.ts'
import { ShareWait } from './share-wait.ts'
import { nextFetchOffset } from './window.ts'

export interface ShareFetchLimits extends Pick<Acquisition, 'maxRecords' | 'batchSize' | 'mode'> {
  readonly groupId: string
  readonly memberId: string
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
}

/** What one partition's part of the answer is made of. */
export interface SharedPartition extends TopicIdPartition {
  readonly errorCode: ErrorCode
  readonly acquired: readonly AcquiredRecords[]
  readonly records: readonly Buffer[]
}

interface Wanted extends TopicIdPartition {
  readonly log: PartitionLog | undefined
  readonly errorCode: ErrorCode
}

interface Read {
  readonly part: Part
  readonly result: FetchResult | undefined
  readonly log: PartitionLog | undefined
}

interface Look {
  readonly found: readonly SharedPartition[]
  readonly bytes: number
  readonly hasError: boolean
  /** Something was passed over, so there is somewhere else to look. */
  readonly hasMoved: boolean
  /** Hands out what was found; until then nothing of it is taken. */
  readonly commit: () => void
}

/**
 * Acquires records of these partitions, in their order, for a member: at once, or when enough is available, something is
 * wrong, or the time is up. Nothing is acquired for a client that is gone.
 */
export async function shareFetch(
  partitions: readonly TopicIdPartition[],
  limits: ShareFetchLimits,
  context: RequestContext,
): Promise<readonly SharedPartition[]> {
  const { broker } = context
  const wanted = partitions.map((at) => locate(at, context))
  const wait = new ShareWait(context, limits.maxWaitMs)
  wait.watch((wake) => broker.share.partitions.onChange(limits.groupId, wake))
  for (const { log } of wanted) if (log !== undefined) wait.watch((wake) => log.onChange(wake))
  try {
    for (;;) {
      const isLast = wait.isOver
      wait.begin()
      if (broker.memory.overdrawn) await memoryFor(context)
      const reads = await read(wanted, limits, context)
      if (wait.isGone) return []
      const look = takeFrom(reads, limits, context)
      const minBytes = Math.min(limits.minBytes, BLOCK_BYTES)
      const isEnough = look.hasError || (look.bytes > 0 && look.bytes >= minBytes)
      if (isEnough || isLast) {
        look.commit()
        return look.found
      }
      if (look.hasMoved) look.commit()
      else await wait.change()
    }
  } finally {
    wait.end()
  }
}

function locate({ topicId, partition }: TopicIdPartition, context: RequestContext): Wanted {
  const topic = context.broker.topics.findById(topicId)
  // Asked with each request: a permission may have gone since the session began.
  const access = context.broker.authorizer?.accessOf(context)
  if (topic !== undefined && access?.may(AclOperation.read, AclResource.topic, topic.name) === false) {
    return { topicId, partition, log: undefined, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED }
  }
  const log = topic?.logs[partition]
  const unknown = topic === undefined ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  return { topicId, partition, log, errorCode: log === undefined ? unknown : ErrorCode.NONE }
}

async function read(wanted: readonly Wanted[], limits: ShareFetchLimits, context: RequestContext): Promise<Read[]> {
  const { share, memory } = context.broker
  const { isReadCommitted, maxRecordLocks } = share.configOf(limits.groupId)
  const parts = await Promise.all(wanted.map((at) => partOf(at, limits, maxRecordLocks, context)))
  const isolation = isReadCommitted ? 'READ_COMMITTED' : 'READ_UNCOMMITTED'
  const { results } = await readParts(parts, { ...limits, isolation }, memory)
  return parts.map((part, i) => ({ part, result: results[i], log: wanted[i]!.log }))
}

/** Where to read a partition next. Without room for more it is read not at all. */
async function partOf(
  at: Wanted,
  limits: ShareFetchLimits,
  maxRecordLocks: number,
  { broker }: RequestContext,
): Promise<Part> {
  const { topicId, partition } = at
  const nowhere = { topic: '', topicId, partition, leaderEpoch: -1, offset: 0, maxBytes: 0, log: undefined }
  if (at.log === undefined) return { ...nowhere, errorCode: at.errorCode }
  // Nobody has joined it yet: there is nothing to read for it, which is no error.
  if (broker.share.groups.find(limits.groupId) === undefined) return { ...nowhere, errorCode: ErrorCode.NONE }
  const state = await broker.share.starts.started(limits.groupId, at, at.log)
  if (state === undefined) return { ...nowhere, errorCode: ErrorCode.KAFKA_STORAGE_ERROR }
  const offset = nextFetchOffset(state)
  if (offset === state.end && state.end - state.start >= maxRecordLocks)
    return { ...nowhere, errorCode: ErrorCode.NONE }
  return { ...nowhere, log: at.log, offset, maxBytes: bytesToRead(at.log, limits), errorCode: ErrorCode.NONE }
}

/**
 * Members ask for so many bytes of all partitions, and take few records of what one has: about twice as much is read as
 * so many records of this log take, and never so little that what they wait for cannot be found.
 */
function bytesToRead(log: PartitionLog, { maxRecords, minBytes, maxBytes }: ShareFetchLimits): number {
  const average = log.size / Math.max(1, log.highWatermark - log.logStartOffset)
  const likely = Math.max(LEAST_BYTES, minBytes, Math.ceil(2 * average * maxRecords))
  return Math.min(likely, maxBytes, BLOCK_BYTES)
}

const LEAST_BYTES = 16 * 1024

/** To be committed in the same turn, so that nobody takes the same meanwhile. */
function takeFrom(reads: readonly Read[], limits: ShareFetchLimits, { broker }: RequestContext): Look {
  const { groupId, memberId, batchSize, mode } = limits
  const commits: (() => void)[] = []
  let room = limits.maxRecords
  let bytes = 0
  let hasMoved = false
  const found = reads.map(({ part, result, log }): SharedPartition => {
    const { topicId, partition, offset } = part
    const at = { topicId, partition, errorCode: ErrorCode.NONE }
    if (result?.ok !== true) {
      // Retention has moved the start since: the next look begins there.
      const isBehind = result?.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE && offset < log!.logStartOffset
      if (isBehind) hasMoved = true
      return { ...at, ...NOTHING, errorCode: isBehind ? ErrorCode.NONE : (result?.errorCode ?? part.errorCode) }
    }
    const batches = readBatches(result.records, result.abortedTransactions)
    const wanted = { memberId, offset, batches, maxRecords: room, batchSize, mode }
    const taken = room > 0 ? broker.share.partitions.acquire(groupId, at, wanted) : undefined
    if (taken === undefined) return { ...at, ...NOTHING }
    commits.push(taken.commit)
    if (taken.count === 0 && nextFetchOffset(taken.partition) !== offset) hasMoved = true
    room -= taken.count
    const records = bytesWith(result.records, taken.acquired)
    bytes += records.reduce((sum, { length }) => sum + length, 0)
    return { ...at, acquired: taken.acquired, records }
  })
  const commit = (): void => {
    for (const take of commits) take()
  }
  const hasError = found.some(({ errorCode }) => errorCode !== ErrorCode.NONE)
  return { found, bytes, hasError, hasMoved: hasMoved && bytes === 0, commit }
}

const NOTHING = { acquired: [], records: [] }
