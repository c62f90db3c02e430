import { GatheredReads, type Part, type Sql, type UnitOfWork } from '#libs/database'
import { announceDeadline } from './deadline-watch.ts'
import type { BegunSaga, LoadedSaga, MovedSaga, SagaKey } from './saga.ts'
import { insertSagas } from './sql/insert-sagas.ts'
import { lockSagas } from './sql/lock-sagas.ts'
import { updateSagas } from './sql/update-sagas.ts'

/**
 * The sagas that a unit of work moves on. Loading one locks it until the end of the transaction, so of two
 * transactions with news for the same saga the second one decides on what the first one left.
 */
export class Sagas implements Part {
  readonly #locks = new GatheredReads<SagaKey>((keys) => this.#lock(keys))
  /** As this unit of work left them, else as committed. */
  readonly #loaded = new Map<string, LoadedSaga>()
  /** The coordination of those that this unit of work begins. */
  readonly #begun = new Map<string, string>()
  readonly #moved = new Map<string, MovedSaga>()

  constructor(private readonly uow: UnitOfWork) {}

  /** Says that the saga will be loaded, so that one statement reads and locks it together with the others. */
  announce(key: SagaKey): void {
    this.#locks.announce(nameOf(key), key)
  }

  /** The saga as this unit of work left it, else as committed; `undefined` when it was never started. */
  async load(key: SagaKey): Promise<LoadedSaga | undefined> {
    this.announce(key)
    await this.#locks.done()
    return this.#loaded.get(nameOf(key))
  }

  /** Says how a saga is coordinated that is saved for the first time. */
  begin(key: SagaKey, coordination: string): void {
    // It was never loaded: read later with the others, it would be gone again.
    this.#locks.settle(nameOf(key))
    this.#begun.set(nameOf(key), coordination)
  }

  save(saga: MovedSaga): void {
    this.#loaded.set(nameOf(saga), saga)
    this.#moved.set(nameOf(saga), saga)
  }

  prefetch(): void {
    this.#locks.send()
  }

  async flush(sql: Sql): Promise<void> {
    if (this.#moved.size === 0) return
    const { now } = this.uow
    const begun: BegunSaga[] = []
    const moved: MovedSaga[] = []
    for (const [name, saga] of this.#moved) {
      const coordination = this.#begun.get(name)
      if (coordination === undefined) moved.push(saga)
      else begun.push({ ...saga, coordination })
    }
    this.#begun.clear()
    this.#moved.clear()
    await Promise.all([
      begun.length > 0 && insertSagas(sql, begun, now),
      moved.length > 0 && updateSagas(sql, moved, now),
    ])
    this.#announceDeadlines([...begun, ...moved])
  }

  #announceDeadlines(sagas: readonly MovedSaga[]): void {
    const deadlines = sagas.flatMap(({ wakeAt }) => wakeAt?.getTime() ?? [])
    if (deadlines.length === 0) return
    const earliest = new Date(Math.min(...deadlines))
    this.uow.afterCommit(() => announceDeadline(this.uow.database, earliest))
  }

  async #lock(keys: readonly SagaKey[]): Promise<void> {
    for (const saga of await lockSagas(this.uow, keys)) this.#loaded.set(nameOf(saga), saga)
  }
}

const nameOf = ({ type, sagaId }: SagaKey): string => `${type} ${sagaId}`
