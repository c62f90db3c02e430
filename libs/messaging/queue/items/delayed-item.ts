import type { Topic } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import type { Position } from '../../handlers.ts'
import type { IncomingRecord } from '../../incoming-record.ts'
import { ParkedKeys } from '../../parking/parked-keys.ts'
import type { ParkVerdict } from '../../parking/parked-message.ts'
import type { DelayedMessage } from '../delayed/delayed-message.ts'
import { DelayedMessages } from '../delayed/delayed-messages.ts'
import { endDelayed } from '../delayed/sql/end-delayed.ts'
import { readWork } from '../read-work.ts'
import type { QueueConsumer } from './topic-item.ts'
import type { Delay, WorkItem } from './work-item.ts'

interface Leases {
  readonly ended: (item: DelayedItem) => void
  readonly givenBack: (item: DelayedItem) => void
}

/** A message of the delay queue whose time has come. Its row stands for the claim of its id; to end it is to remove the row. */
export class DelayedItem implements WorkItem {
  readonly isToBeKept = false
  readonly #lost = new AbortController()
  readonly position: Position
  readonly raw: WorkItem['raw']
  readonly content: IncomingRecord['content']
  readonly isFatal: boolean

  constructor(
    private readonly consumer: QueueConsumer,
    readonly row: DelayedMessage,
    deaths: number,
    private readonly leases: Leases,
  ) {
    this.position = { topic: row.topic as Topic, partition: row.partition, offset: row.offset }
    this.raw = {
      key: row.key && Buffer.from(row.key),
      value: row.value && Buffer.from(row.value),
      headers: JSON.parse(row.headers) as Record<string, unknown>,
    }
    this.content = readWork(this.raw, consumer.isKnown)
    this.isFatal = row.starts > deaths
  }

  get attempts(): number {
    return this.row.attempts
  }

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  lose(): void {
    this.#lost.abort(new Error('the lease of the message is lost'))
  }

  announce(): void {}

  claim(uow: UnitOfWork): Promise<boolean> {
    return endDelayed(uow, this.row.id, this.row.starts)
  }

  async finish(): Promise<void> {}

  async delay(uow: UnitOfWork, { at, attempts, error }: Delay): Promise<void> {
    const { position, raw, consumer, row } = this
    const message = { queue: consumer.queue, messageId: row.messageId, position, raw, attempts, error, dueAt: at }
    uow.part(DelayedMessages).add(message)
  }

  async park(uow: UnitOfWork, verdict: ParkVerdict): Promise<void> {
    uow.part(ParkedKeys).park(this.consumer.service, this, verdict)
  }

  ended(): void {
    this.leases.ended(this)
  }

  giveBack(): void {
    this.leases.givenBack(this)
  }
}
