import type { Message } from '#libs/contracts'
import type { Database, GroupCommit, UnitOfWork } from '#libs/database'
import { Poller } from '#libs/loops'
import { createLogger, fields } from '#libs/observability'
import { Outbox } from '#libs/outbox'
import type { DeliverType } from './deliver.ts'
import { HOUR_MS, type Limits, takeTurns, type Waiting } from './domain/allowance.ts'
import {
  findReleased,
  findWaiting,
  lockDueCustomers,
  nextTurnAt,
  releaseWaiting,
  setTurns,
  type WaitingRow,
} from './sql/waiting.ts'
import { onWaiting } from './waiting-room.ts'

/** Customers in one transaction. */
const CUSTOMERS = 100
/** Between two looks when nothing is due, milliseconds: other processes put theirs in, too. */
const LONGEST_SLEEP_MS = 5_000
/** After a look that failed, milliseconds. */
const AGAIN_MS = 1_000

const log = createLogger('turns')

export interface TurnTakerOptions {
  readonly database: Database
  readonly groupCommit: GroupCommit
  readonly limits: Limits
}

/**
 * Gives what waits its turn: looks at the customers that are due, locked against every other process, lets the pure
 * decider say whose turn it is, and puts those messages on their queues, in one transaction.
 */
export class TurnTaker {
  readonly #poller = new Poller(() => this.#look())

  constructor(private readonly options: TurnTakerOptions) {}

  start(): void {
    onWaiting(this.options.database, () => this.#poller.now())
    this.#poller.start()
  }

  stop(): Promise<void> {
    return this.#poller.stop()
  }

  /** Answers when to look again, milliseconds. */
  async #look(): Promise<number> {
    try {
      const sleepMs = await this.#sleepMs()
      if (sleepMs > 0) return sleepMs
      await this.options.groupCommit.submit({ run: (uow) => giveTurns(uow, this.options.limits) })
      return await this.#sleepMs()
    } catch (error) {
      log.warn('turns not given, it is tried again', { [fields.error]: error })
      return AGAIN_MS
    }
  }

  /** 0: somebody is due. */
  async #sleepMs(): Promise<number> {
    const at = await nextTurnAt(this.options.database)
    return at === undefined ? LONGEST_SLEEP_MS : Math.min(LONGEST_SLEEP_MS, Math.max(0, at.getTime() - Date.now()))
  }
}

/** Answers how many may go now. */
export const giveTurns = async (uow: UnitOfWork, limits: Limits): Promise<number> => {
  const { now } = uow
  const customers = await lockDueCustomers(uow, now, CUSTOMERS)
  if (customers.length === 0) return 0
  const [waiting, gone] = await Promise.all([
    // One more than can go: when that one may is when to look again.
    findWaiting(uow, customers, limits.perHour + limits.overdraft + 1),
    findReleased(uow, customers, new Date(now.getTime() - HOUR_MS)),
  ])
  const waitingOf = Map.groupBy(waiting, ({ customerId }) => customerId)
  const goneOf = Map.groupBy(gone, ({ customerId }) => customerId)
  const turns = new Map<string, Date | undefined>()
  const released: Message<DeliverType>[] = []
  for (const customer of customers) {
    const rows = new Map((waitingOf.get(customer) ?? []).map((row) => [row.message.id, row]))
    const times = (goneOf.get(customer) ?? []).map(({ at }) => at.getTime())
    const turn = takeTurns(now.getTime(), [...rows.values()].map(asWaiting), times, limits)
    for (const id of turn.released) released.push(rows.get(id)!.message)
    turns.set(customer, turn.nextAt === undefined ? undefined : new Date(turn.nextAt))
  }
  for (const message of released) uow.part(Outbox).add(message)
  await Promise.all([releaseWaiting(uow, released, now), setTurns(uow, turns)])
  return released.length
}

const asWaiting = ({ message, since, notBefore }: WaitingRow): Waiting => ({
  ...{ id: message.id, priority: message.data.priority },
  ...{ since: since.getTime(), notBefore: notBefore.getTime() },
})
