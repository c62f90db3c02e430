import type { TransactionRecord } from './records.ts'

/**
 * One transactional id:
 *
 *     Empty ── add ──▶ Ongoing ── end ──▶ PrepareCommit ── markers written ──▶ CompleteCommit ─┐
 *       ▲                 ▲    └─ end, timeout, fence ──▶ PrepareAbort ──────▶ CompleteAbort ──┤
 *       │                 └──────────────────────── add ───────────────────────────────────────┤
 *       └──────────────────────── InitProducerId ──────────────────────────────────────────────┘
 *
 * Once prepared, the outcome stands: whatever happens, the markers say so in every partition. An id that nobody uses
 * for `transactional.id.expiration.ms` is forgotten, which is Kafka's state Dead.
 */
export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort'

export const transactionStates: readonly TransactionState[] = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
]

/** Partitions by topic. */
export type Partitions = ReadonlyMap<string, ReadonlySet<number>>

export interface Transaction {
  readonly transactionalId: string
  readonly state: TransactionState
  readonly producerId: number
  /** Grows whenever an older instance of the producer must be told apart from a newer one. */
  readonly epoch: number
  /** What the same instance used before its last bump, by which a request sent again is known; -1 after a takeover. */
  readonly lastEpoch: number
  /** The producer id before the last change of state. */
  readonly previousProducerId: number
  /** Takes over when the transaction is complete, as the epochs of the current id are used up; -1 when they are not. */
  readonly nextProducerId: number
  readonly timeoutMs: number
  readonly partitions: Partitions
  /** Groups whose offsets are part of it. */
  readonly groups: ReadonlySet<string>
  /** Milliseconds since the epoch by the steady clock; -1 while there is no transaction. */
  readonly startedAt: number
  readonly updatedAt: number
}

export const NO_EPOCH = -1
export const NO_PRODUCER_ID = -1
const MAX_EPOCH = 2 ** 15 - 1

/** The last epoch is never given to a client, so that there is always one left to fence it with. */
export const isExhausted = (epoch: number): boolean => epoch >= MAX_EPOCH - 1

export const bumped = (epoch: number): number => Math.min(epoch + 1, MAX_EPOCH)

export const isPrepared = ({ state }: Transaction): boolean => state === 'PrepareCommit' || state === 'PrepareAbort'

const NO_PARTITIONS: Partitions = new Map()
const NO_GROUPS: ReadonlySet<string> = new Set()

/** Applies one durable record; the same function replays the journal and carries out decisions. */
export function evolveTransaction(before: Transaction | undefined, record: TransactionRecord): Transaction | undefined {
  const { transactionalId } = record
  if (record.type === 'TransactionalIdExpired') return undefined
  if (record.type === 'TransactionRestored') {
    const { partitions, groups, type: _, ...rest } = record
    return { ...rest, partitions: partitionsOf(partitions), groups: new Set(groups) }
  }
  if (record.type === 'ProducerInitialized') {
    const { producerId, epoch, lastEpoch, timeoutMs, at } = record
    return {
      ...{ transactionalId, state: 'Empty', producerId, epoch, lastEpoch, timeoutMs },
      ...{ previousProducerId: before?.producerId ?? producerId, nextProducerId: NO_PRODUCER_ID },
      ...{ partitions: NO_PARTITIONS, groups: NO_GROUPS, startedAt: -1, updatedAt: at },
    }
  }
  if (before === undefined) return undefined
  const previousProducerId = before.producerId
  switch (record.type) {
    case 'PartitionsAdded': {
      const goesOn = before.state === 'Ongoing'
      const partitions = new Map(goesOn ? before.partitions : NO_PARTITIONS)
      for (const [topic, added] of record.partitions) {
        partitions.set(topic, new Set([...(partitions.get(topic) ?? []), ...added]))
      }
      const groups = new Set([...(goesOn ? before.groups : NO_GROUPS), ...record.groups])
      const startedAt = goesOn ? before.startedAt : record.at
      return { ...before, state: 'Ongoing', previousProducerId, partitions, groups, startedAt, updatedAt: record.at }
    }
    case 'TransactionPrepared': {
      const { outcome, epoch, lastEpoch, nextProducerId, startedAt, at } = record
      const partitions = partitionsOf(record.partitions)
      const groups = new Set(record.groups)
      const state = outcome === 'commit' ? 'PrepareCommit' : 'PrepareAbort'
      const producer = { epoch, lastEpoch, previousProducerId, nextProducerId }
      return { ...before, ...producer, state, partitions, groups, startedAt, updatedAt: at }
    }
    case 'TransactionCompleted':
      return {
        ...before,
        ...producerAfter(before),
        ...{ previousProducerId, nextProducerId: NO_PRODUCER_ID },
        state: before.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
        ...{ partitions: NO_PARTITIONS, groups: NO_GROUPS, updatedAt: record.at },
      }
  }
}

/** What the producer goes on with once the prepared transaction is complete. */
export function producerAfter({ producerId, epoch, nextProducerId }: Transaction) {
  return nextProducerId === NO_PRODUCER_ID ? { producerId, epoch } : { producerId: nextProducerId, epoch: 0 }
}

const partitionsOf = (stored: readonly (readonly [string, readonly number[]])[]): Partitions =>
  new Map(stored.map(([topic, partitions]) => [topic, new Set(partitions)]))
