import { GatheredReads, type Part, type Sql, type UnitOfWork } from '#libs/database'
import { announceDeadline } from './deadline-watch.ts'
import type { StoredSaga } from './saga.ts'
import { lockSagas } from './sql/lock-sagas.ts'
import { insertSagas, updateSagas } from './sql/save-sagas.ts'

/**
 * The sagas that a unit of work moves on. Loading one locks it until the end of the transaction, so of two
 * transactions with news for the same saga the second one decides on what the first one left.
 */
export class Sagas implements Part {
  readonly #locks = new GatheredReads<string>((sagaIds) => this.#lock(sagaIds))
  readonly #loaded = new Map<string, StoredSaga>()
  /** That have a row, which this transaction has locked. */
  readonly #stored = new Set<string>()
  readonly #changed = new Set<string>()

  constructor(private readonly uow: UnitOfWork) {}

  /** Says that the saga will be loaded, so that one statement reads and locks it together with the others. */
  announce(sagaId: string): void {
    this.#locks.announce(sagaId, sagaId)
  }

  /** The saga as this unit of work left it, else as committed; `undefined` when it was never started. */
  async load(sagaId: string): Promise<StoredSaga | undefined> {
    this.announce(sagaId)
    await this.#locks.done()
    return this.#loaded.get(sagaId)
  }

  save(saga: StoredSaga): void {
    // One that begins here was never loaded: read later with the others, it would be gone again.
    this.#locks.settle(saga.sagaId)
    this.#loaded.set(saga.sagaId, saga)
    this.#changed.add(saga.sagaId)
  }

  prefetch(): void {
    this.#locks.send()
  }

  async flush(sql: Sql): Promise<void> {
    if (this.#changed.size === 0) return
    const sagas = [...this.#changed].sort().map((sagaId) => this.#loaded.get(sagaId)!)
    this.#changed.clear()
    const begun = sagas.filter(({ sagaId }) => !this.#stored.has(sagaId))
    const moved = sagas.filter(({ sagaId }) => this.#stored.has(sagaId))
    await Promise.all([begun.length > 0 && insertSagas(sql, begun), moved.length > 0 && updateSagas(sql, moved)])
    for (const { sagaId } of begun) this.#stored.add(sagaId)
    const deadlines = sagas.flatMap(({ wakeAt }) => wakeAt?.getTime() ?? [])
    if (deadlines.length === 0) return
    const earliest = new Date(Math.min(...deadlines))
    this.uow.afterCommit(() => announceDeadline(this.uow.database, earliest))
  }

  async #lock(sagaIds: readonly string[]): Promise<void> {
    for (const saga of await lockSagas(this.uow, sagaIds)) {
      this.#loaded.set(saga.sagaId, saga)
      this.#stored.add(saga.sagaId)
    }
  }
}
