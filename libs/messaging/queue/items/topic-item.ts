import type { ReceivedRecord, Topic } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { Inbox } from '#libs/inbox'
import type { Position } from '../../handlers.ts'
import type { IncomingRecord } from '../../incoming-record.ts'
import { ParkedKeys } from '../../parking/parked-keys.ts'
import type { ParkVerdict } from '../../parking/parked-message.ts'
import { DelayedMessages } from '../delayed/delayed-messages.ts'
import { readWork } from '../read-work.ts'
import type { Delivery } from '../share/delivery.ts'
import type { Delay, WorkItem } from './work-item.ts'

/** Whose message it is. */
export interface QueueConsumer {
  /** The service: its name among the parked messages. */
  readonly service: string
  readonly queue: string
  /** What the inbox knows the queue's messages by. */
  readonly inbox: string
  readonly isKnown: (type: string) => boolean
}

/**
 * A record of the queue's topic. Whichever transaction ends it here (as done, as delayed, as a dead letter) claims its id
 * for good; only then is it accepted. So a crash in between, or a copy of it, is recognised: its id is claimed, and all
 * that is left to do is to accept it.
 */
export class TopicItem implements WorkItem {
  readonly attempts = 0
  readonly isFatal = false
  readonly isToBeKept: boolean
  readonly position: Position
  readonly raw: ReceivedRecord
  readonly content: IncomingRecord['content']

  constructor(
    private readonly consumer: QueueConsumer,
    private readonly delivery: Delivery,
    /** As often as the broker delivers a record; once more, and it would give it up. */
    deliveryLimit: number,
    private readonly onSettled: (item: TopicItem, how: 'ended' | 'given back') => void,
  ) {
    this.isToBeKept = delivery.count >= deliveryLimit - 1
    const { topic, partition, offset, key, value, headers } = delivery.record
    this.position = { topic: topic as Topic, partition, offset: BigInt(offset) }
    this.raw = { key, value, headers }
    const { damage } = delivery
    this.content =
      damage === undefined
        ? readWork(this.raw, consumer.isKnown)
        : { kind: 'unreadable', reason: 'unreadable_batch', detail: damage }
  }

  get id(): string | undefined {
    return this.content.kind === 'message' ? this.content.message.id : undefined
  }

  get lost(): AbortSignal {
    return this.delivery.lost
  }

  announce(uow: UnitOfWork): void {
    if (this.id !== undefined) uow.part(Inbox).announce(this.consumer.inbox, [this.id])
  }

  async claim(uow: UnitOfWork): Promise<boolean> {
    // What has no id is known by its place, where it is parked.
    if (this.id === undefined) return true
    return (await uow.part(Inbox).claim(this.consumer.inbox, [this.id])).has(this.id)
  }

  async finish(): Promise<void> {}

  async delay(uow: UnitOfWork, { at, attempts, error }: Delay): Promise<void> {
    const { position, raw, consumer } = this
    uow
      .part(DelayedMessages)
      .add({ queue: consumer.queue, messageId: this.id!, position, raw, attempts, error, dueAt: at })
  }

  async park(uow: UnitOfWork, verdict: ParkVerdict): Promise<void> {
    uow.part(ParkedKeys).park(this.consumer.service, this, verdict)
  }

  ended(): void {
    this.delivery.accept()
    this.onSettled(this, 'ended')
  }

  giveBack(): void {
    this.delivery.release()
    this.onSettled(this, 'given back')
  }
}
