import { GatheredReads, type Part, type Sql, type UnitOfWork } from '#libs/database'
import { announceDeadline } from './deadline-watch.ts'
import type { LoadedSaga, MovedSaga, StoredSaga } from './saga.ts'
import { lockSagas } from './sql/lock-sagas.ts'
import { insertSagas, updateSagas } from './sql/save-sagas.ts'

/**
 * The sagas that a unit of work moves on. Loading one locks it until the end of the transaction, so of two
 * transactions with news for the same saga the second one decides on what the first one left.
 */
export class Sagas implements Part {
  readonly #locks = new GatheredReads<string>((sagaIds) => this.#lock(sagaIds))
  /** As this unit of work left them, else as committed. */
  readonly #loaded = new Map<string, LoadedSaga>()
  readonly #begun = new Map<string, Origin>()
  readonly #moved = new Map<string, MovedSaga>()

  constructor(private readonly uow: UnitOfWork) {}

  /** Says that the saga will be loaded, so that one statement reads and locks it together with the others. */
  announce(sagaId: string): void {
    this.#locks.announce(sagaId, sagaId)
  }

  /** The saga as this unit of work left it, else as committed; `undefined` when it was never started. */
  async load(sagaId: string): Promise<LoadedSaga | undefined> {
    this.announce(sagaId)
    await this.#locks.done()
    return this.#loaded.get(sagaId)
  }

  /** Says where a saga comes from that is saved for the first time. */
  begin(sagaId: string, origin: Origin): void {
    // It was never loaded: read later with the others, it would be gone again.
    this.#locks.settle(sagaId)
    this.#begun.set(sagaId, origin)
  }

  save(saga: MovedSaga): void {
    this.#loaded.set(saga.sagaId, saga)
    this.#moved.set(saga.sagaId, saga)
  }

  prefetch(): void {
    this.#locks.send()
  }

  async flush(sql: Sql): Promise<void> {
    if (this.#moved.size === 0) return
    const { now } = this.uow
    const begun: StoredSaga[] = []
    const moved: MovedSaga[] = []
    for (const saga of this.#moved.values()) {
      const origin = this.#begun.get(saga.sagaId)
      if (origin === undefined) moved.push(saga)
      else begun.push({ ...saga, ...origin, startedAt: now, updatedAt: now })
    }
    this.#begun.clear()
    this.#moved.clear()
    await Promise.all([begun.length > 0 && insertSagas(sql, begun), moved.length > 0 && updateSagas(sql, moved, now)])
    this.#announceDeadlines([...begun, ...moved])
  }

  #announceDeadlines(sagas: readonly MovedSaga[]): void {
    const deadlines = sagas.flatMap(({ wakeAt }) => wakeAt?.getTime() ?? [])
    if (deadlines.length === 0) return
    const earliest = new Date(Math.min(...deadlines))
    this.uow.afterCommit(() => announceDeadline(this.uow.database, earliest))
  }

  async #lock(sagaIds: readonly string[]): Promise<void> {
    for (const saga of await lockSagas(this.uow, sagaIds)) this.#loaded.set(saga.sagaId, saga)
  }
}

type Origin = Pick<StoredSaga, 'type' | 'coordination'>
