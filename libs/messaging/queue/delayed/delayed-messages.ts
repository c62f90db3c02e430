import type { Part, Sql, UnitOfWork } from '#libs/database'
import type { NewDelayedMessage } from './delayed-message.ts'
import { insertDelayed } from './sql/insert-delayed.ts'

type Listener = (queue: string) => void

/** Who works the delay queue in this process, by database. */
const listeners = new WeakMap<object, Set<Listener>>()

/** Calls back when a message was delayed by a transaction of this process; answers how to end that. */
export const onDelayed = (database: object, listener: Listener): (() => void) => {
  const known = listeners.get(database) ?? new Set()
  listeners.set(database, known.add(listener))
  return () => void known.delete(listener)
}

/** The messages that this unit of work makes invisible until their time. One that is there already stays as it is. */
export class DelayedMessages implements Part {
  readonly #messages: NewDelayedMessage[] = []

  constructor(private readonly uow: UnitOfWork) {}

  add(message: NewDelayedMessage): void {
    this.#messages.push(message)
  }

  async flush(sql: Sql): Promise<void> {
    if (this.#messages.length === 0) return
    await insertDelayed(sql, this.#messages)
    this.uow.afterCommit(() => {
      const queues = new Set(this.#messages.map(({ queue }) => queue))
      for (const listener of listeners.get(this.uow.database ?? {}) ?? []) for (const queue of queues) listener(queue)
    })
  }
}
