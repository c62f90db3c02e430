import type { Part, Sql, UnitOfWork } from '#libs/database'
import { announceDeadline } from './deadline-watch.ts'
import type { StoredSaga } from './saga.ts'
import { lockSagas } from './sql/lock-sagas.ts'
import { saveSagas } from './sql/save-sagas.ts'

/**
 * The sagas that a unit of work moves on. Loading one locks it until the end of the transaction, so of two
 * transactions with news for the same saga the second one decides on what the first one left.
 */
export class Sagas implements Part {
  readonly #announced = new Set<string>()
  readonly #loaded = new Map<string, StoredSaga | undefined>()
  readonly #changed = new Set<string>()

  constructor(private readonly uow: UnitOfWork) {}

  /** Says that the saga will be loaded, so that one statement reads and locks it together with the others. */
  announce(sagaId: string): void {
    if (!this.#loaded.has(sagaId)) this.#announced.add(sagaId)
  }

  /** The saga as this unit of work left it, else as committed; `undefined` when it was never started. */
  async load(sagaId: string): Promise<StoredSaga | undefined> {
    if (!this.#loaded.has(sagaId)) await this.#lock(sagaId)
    return this.#loaded.get(sagaId)
  }

  save(saga: StoredSaga): void {
    // One that begins here was never loaded: read later with the others, it would be gone again.
    this.#announced.delete(saga.sagaId)
    this.#loaded.set(saga.sagaId, saga)
    this.#changed.add(saga.sagaId)
  }

  async flush(sql: Sql): Promise<void> {
    if (this.#changed.size === 0) return
    const sagas = [...this.#changed].sort().map((sagaId) => this.#loaded.get(sagaId)!)
    this.#changed.clear()
    await saveSagas(sql, sagas)
    const deadlines = sagas.flatMap(({ wakeAt }) => wakeAt?.getTime() ?? [])
    if (deadlines.length === 0) return
    const earliest = new Date(Math.min(...deadlines))
    this.uow.afterCommit(() => announceDeadline(this.uow.database, earliest))
  }

  async #lock(sagaId: string): Promise<void> {
    this.#announced.add(sagaId)
    const wanted = [...this.#announced]
    this.#announced.clear()
    for (const id of wanted) this.#loaded.set(id, undefined)
    for (const saga of await lockSagas(this.uow, wanted)) this.#loaded.set(saga.sagaId, saga)
  }
}
