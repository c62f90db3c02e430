import type { Message } from '#libs/contracts'
import type { Part, Sql, UnitOfWork } from '#libs/database'
import type { DeliverType } from './deliver.ts'
import { insertWaiting } from './sql/waiting.ts'

/** One notification that waits for its turn, with the message that will have it delivered. */
export interface NewWaiting {
  readonly message: Message<DeliverType>
  readonly notBefore: Date
}

const turnTakers = new WeakMap<object, () => void>()

/** Has somebody of this process woken when something begins to wait. */
export const onWaiting = (database: object, wake: () => void): void => void turnTakers.set(database, wake)

/** What this unit of work has to wait for its turn. */
export class WaitingRoom implements Part {
  readonly #added: NewWaiting[] = []

  constructor(private readonly uow: UnitOfWork) {}

  add(waiting: NewWaiting): void {
    this.#added.push(waiting)
  }

  async flush(sql: Sql): Promise<void> {
    if (this.#added.length === 0) return
    this.uow.afterCommit(() => this.uow.database && turnTakers.get(this.uow.database)?.())
    await insertWaiting(sql, this.#added, this.uow.now)
  }
}
