import type { Topic } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { ParkedKeys } from './parked-keys.ts'
import type { ParkReason } from './parked-message.ts'

/** Something that another channel than a topic brought, e.g. a webhook, and that cannot be handled. */
export interface UnusableInput {
  /** Where it came in, e.g. `carrier-events`; stands where a message has its topic. */
  readonly channel: string
  readonly content: unknown
  readonly reason: Extract<ParkReason, 'invalid_data' | 'unprocessable'>
  readonly detail: string
  /** The order that it claims to be about. */
  readonly orderId?: string
}

/** Parks it as dead among the service's messages, where operators look; the same content is there once. */
export const setAside = (
  uow: UnitOfWork,
  consumer: string,
  { channel, content, reason, detail, orderId }: UnusableInput,
): void => {
  const position = { topic: channel as Topic, partition: 0, offset: 0n }
  const raw = {
    key: null,
    value: Buffer.from(JSON.stringify(content)),
    headers: orderId === undefined ? {} : { correlationid: orderId },
  }
  const verdict = { status: 'dead', reason, error: detail, attempts: 0, nextAttemptAt: null, blocksKey: false } as const
  uow.part(ParkedKeys).park(consumer, { position, raw, content: { kind: 'ignored' } }, verdict)
}
