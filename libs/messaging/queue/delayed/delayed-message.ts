import type { ReceivedRecord } from '#libs/contracts'
import type { Position } from '../../handlers.ts'

/** A message that is to be invisible until its time. */
export interface NewDelayedMessage {
  readonly queue: string
  readonly messageId: string
  readonly position: Position
  readonly raw: ReceivedRecord
  /** Failed tries so far. */
  readonly attempts: number
  readonly error: string | null
  readonly dueAt: Date
}

/** A row of `delayed_messages` that this process has a lease of. */
export interface DelayedMessage {
  readonly id: bigint
  readonly messageId: string
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly key: Uint8Array | null
  readonly headers: string
  readonly value: Uint8Array | null
  readonly attempts: number
  /** This time included; also who has the lease: whoever takes it next has another number. */
  readonly starts: number
}
