import { GatheredReads, type Part, type Sql, type UnitOfWork } from '#libs/database'
import type { Effect, EffectIdentity, NewEffect } from './effect.ts'
import { type LocalWorker, localWorker } from './local-workers.ts'
import type { NewParkedEffect } from './parked-effect.ts'
import { deleteEffects } from './sql/delete-effects.ts'
import { insertEffects } from './sql/insert-effects.ts'
import { insertParkedEffects } from './sql/insert-parked-effects.ts'

/** The external calls that this unit of work asks for, and the ones whose outcome it records. */
export class Effects implements Part {
  readonly #added = new Map<string, NewEffect>()
  readonly #endings = new GatheredReads<EffectIdentity>((rows) => this.#delete(rows))
  readonly #taken = new Set<string>()
  readonly #parked: NewParkedEffect[] = []

  constructor(private readonly uow: UnitOfWork) {}

  /** The call will be made after the commit, and only if there is one. An id that is already owed is the same call. */
  add(effect: NewEffect): void {
    this.#added.set(effect.id, effect)
  }

  announceOutcome(effect: EffectIdentity): void {
    this.#endings.announce(effect.id, effect)
  }

  /**
   * Ends an effect: true for the one unit of work that may apply its outcome, false when another worker was faster.
   * All announced ones are deleted in one statement at the first call.
   */
  async take(effect: EffectIdentity): Promise<boolean> {
    this.announceOutcome(effect)
    await this.#endings.done()
    return this.#taken.delete(effect.id)
  }

  /** Puts a call that was taken aside, with its outcome, for a person to look at. */
  park(parked: NewParkedEffect): void {
    this.#parked.push(parked)
  }

  prefetch(): void {
    this.#endings.send()
  }

  async flush(sql: Sql): Promise<void> {
    if (this.#parked.length > 0) await insertParkedEffects(sql, this.#parked, this.uow.now)
    if (this.#added.size === 0) return
    const rows: NewEffectRow[] = [...this.#added.values()].map((effect) => ({ effect, leaseMs: 0, owner: null }))
    this.#askForLeases(rows)
    const stored = await insertEffects(sql, rows)
    this.uow.afterCommit(() => this.#handOver(stored))
  }

  async #delete(rows: readonly EffectIdentity[]): Promise<void> {
    for (const taken of await deleteEffects(this.uow, rows)) this.#taken.add(taken)
  }

  /** Rows that a worker of this process has room for are born with its lease, but of a key only the first. */
  #askForLeases(rows: readonly NewEffectRow[]): void {
    const rooms = new Map<string, number>()
    const keys = new Set<string>()
    for (const row of rows) {
      const { kind, key } = row.effect
      if (keys.has(key)) continue
      keys.add(key)
      const worker = localWorker(this.uow.database, kind)
      if (worker === undefined) continue
      const room = rooms.get(kind) ?? worker.room()
      if (room > 0) Object.assign(row, { leaseMs: worker.leaseMs, owner: worker.owner })
      rooms.set(kind, room - 1)
    }
  }

  #handOver(stored: readonly { id: string; leased: boolean }[]): void {
    const leased = new Map<LocalWorker, Effect[]>()
    for (const { id, leased: mine } of stored) {
      const effect = this.#added.get(id)!
      const worker = localWorker(this.uow.database, effect.kind)
      if (worker === undefined) continue
      if (!mine) worker.expect()
      else {
        const effects = leased.get(worker) ?? []
        leased.set(worker, effects)
        effects.push({ ...effect, attempts: 0 })
      }
    }
    for (const [worker, effects] of leased) worker.accept(effects)
  }
}

/** A call and the lease that it is born with, if any. */
export interface NewEffectRow {
  readonly effect: NewEffect
  leaseMs: number
  owner: string | null
}
