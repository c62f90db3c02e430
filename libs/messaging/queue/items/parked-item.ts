import type { Topic } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import type { Position } from '../../handlers.ts'
import type { IncomingRecord } from '../../incoming-record.ts'
import { publishSettled } from '../../parking/dead-letters.ts'
import { type ParkedMessage, type ParkVerdict, toReceivedRecord } from '../../parking/parked-message.ts'
import { failed } from '../../parking/retry-work.ts'
import { lockParked } from '../../parking/sql/lock-parked.ts'
import { settleHandled } from '../../parking/sql/settle-handled.ts'
import { readWork } from '../read-work.ts'
import type { QueueConsumer } from './topic-item.ts'
import type { Delay, WorkItem } from './work-item.ts'

interface Leases {
  readonly ended: (item: ParkedItem) => void
  readonly givenBack: (item: ParkedItem) => void
}

/** A dead letter of which somebody wants another try. It stays parked, where everybody sees what comes of it, until it is handled. */
export class ParkedItem implements WorkItem {
  readonly isFatal = false
  readonly isToBeKept = false
  readonly lost = new AbortController().signal
  readonly position: Position
  readonly raw: WorkItem['raw']
  readonly content: IncomingRecord['content']

  constructor(
    private readonly consumer: QueueConsumer,
    readonly row: ParkedMessage,
    private readonly leases: Leases,
  ) {
    this.position = { topic: row.topic as Topic, partition: row.partition, offset: row.offset }
    this.raw = toReceivedRecord(row)
    this.content = readWork(this.raw, consumer.isKnown)
  }

  get attempts(): number {
    return this.row.attempts
  }

  announce(): void {}

  async claim(uow: UnitOfWork): Promise<boolean> {
    return (await lockParked(uow, [this.row.id])).length === 1
  }

  async finish(uow: UnitOfWork): Promise<void> {
    publishSettled(uow, this.consumer.service, this.row)
    await settleHandled(uow, [this.row.id], uow.now)
  }

  async delay(uow: UnitOfWork, { at, attempts, error }: Delay): Promise<void> {
    const verdict = { status: 'retrying', reason: 'handler_failed', nextAttemptAt: at, blocksKey: false } as const
    await failed(uow, this.consumer.service, this.row, { ...verdict, attempts, error })
  }

  async park(uow: UnitOfWork, verdict: ParkVerdict): Promise<void> {
    await failed(uow, this.consumer.service, this.row, verdict)
  }

  ended(): void {
    this.leases.ended(this)
  }

  giveBack(): void {
    this.leases.givenBack(this)
  }
}
