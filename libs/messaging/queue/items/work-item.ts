import type { ReceivedRecord } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import type { Position } from '../../handlers.ts'
import type { IncomingRecord } from '../../incoming-record.ts'
import type { ParkVerdict } from '../../parking/parked-message.ts'

export interface Delay {
  readonly at: Date
  /** Failed tries so far. */
  readonly attempts: number
  readonly error: string | null
}

/**
 * A message that this process has for now, wherever it comes from: the topic, the delay queue, or the parked messages of
 * which somebody wants another try. Whoever works it ends it in a transaction, which is where it is found out whether it
 * was still to be ended: so its effects commit once, however many had it.
 */
export interface WorkItem {
  readonly position: Position
  readonly raw: ReceivedRecord
  readonly content: IncomingRecord['content']
  /** Failed tries so far. */
  readonly attempts: number
  /** Workers that had it have died too often: it is a dead letter without another try. */
  readonly isFatal: boolean
  /** The broker would not deliver it again: it is worked from the delay queue, which keeps it however often workers die. */
  readonly isToBeKept: boolean
  /** Aborted when somebody else may have it. */
  readonly lost: AbortSignal
  /** Announces, without I/O, what `claim` asks. */
  announce(uow: UnitOfWork): void
  /** Makes this transaction the one that ends it; false when another one has. */
  claim(uow: UnitOfWork): Promise<boolean>
  /** It is done. */
  finish(uow: UnitOfWork): Promise<void>
  /** It is to be invisible until its time. */
  delay(uow: UnitOfWork, delay: Delay): Promise<void>
  /** It is a dead letter. */
  park(uow: UnitOfWork, verdict: ParkVerdict): Promise<void>
  /** The transaction that ended it, ours or another, has committed. */
  ended(): void
  /** It was not worked, or not to an end: it is somebody's at once. */
  giveBack(): void
}
