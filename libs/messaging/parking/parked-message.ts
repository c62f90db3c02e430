import type { ReceivedRecord, UnreadableReason } from '#libs/contracts'
import type { IncomingRecord } from '../incoming-record.ts'

/** Why a message is parked. `handler_failed` may pass; the others need a person or another version of the code. */
export type ParkReason = UnreadableReason | 'unreadable_batch' | 'handler_failed' | 'unprocessable' | 'behind_parked'

/**
 * `retrying`: tried again at a set time. `queued`: waits until the earlier messages of its key are done. `dead`:
 * nothing happens before a person decides. `settled`: a person saw to it, and it is kept for the record.
 */
export type ParkStatus = 'retrying' | 'queued' | 'dead' | 'settled'

export interface ParkVerdict {
  readonly status: ParkStatus
  readonly reason: ParkReason
  readonly error: string | null
  /** Of the exception, where there was one. */
  readonly stack?: string
  readonly attempts: number
  readonly nextAttemptAt: Date | null
  /** Later messages of the key queue up behind this one. */
  readonly blocksKey: boolean
}

export interface NewParkedMessage extends ParkVerdict {
  readonly record: IncomingRecord
}

/** A row of `parked_messages`, as the retrier needs it. */
export interface ParkedMessage {
  readonly id: bigint
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly key: Uint8Array | null
  readonly headers: string
  readonly value: Uint8Array | null
  readonly status: ParkStatus
  readonly attempts: number
  readonly digest: string
}

export const toReceivedRecord = (row: ParkedMessage): ReceivedRecord => ({
  key: row.key === null ? null : Buffer.from(row.key),
  value: row.value === null ? null : Buffer.from(row.value),
  headers: JSON.parse(row.headers) as Record<string, unknown>,
})
