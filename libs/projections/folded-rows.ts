import type { AnyMessage } from '#libs/contracts'
import { ConcurrencyConflict, GatheredReads, type Sql, type UnitOfWork } from '#libs/database'
import type { AnyFold, FoldedProjection } from './folded-projection.ts'
import { type Rows, tableOf } from './projection.ts'
import { addTotals } from './sql/add-totals.ts'
import { insertFolded, loadFolded, updateFolded } from './sql/folded-rows.ts'

/** A row in the course of one unit of work. */
export interface FoldedRow {
  readonly key: string
  /** As it was read; undefined when it was not there. */
  readonly before: unknown
  state: unknown
}

/** What is added to one line of the totals. */
export interface TotalsChange {
  readonly key: readonly (string | number)[]
  readonly sums: number[]
}

/**
 * The rows of a folded projection: each that its messages touch is read once, folded in memory and written once. Totals are
 * what the rows contribute to them, added up: a row that changes adds the difference between what it contributes now
 * and what it did before, while it is locked. So they need not know which messages were counted.
 */
export class FoldedRows implements Rows {
  readonly #reads = new GatheredReads<string>((keys) => this.#read(keys))
  readonly #rows = new Map<string, FoldedRow>()

  constructor(
    private readonly projection: FoldedProjection<unknown, AnyMessage>,
    private readonly uow: UnitOfWork,
    private readonly version: number,
  ) {}

  announce(message: AnyMessage): void {
    const key = this.projection.keyOf(message)
    this.#reads.announce(key, key)
  }

  prefetch(): void {
    this.#reads.send()
  }

  async apply(message: AnyMessage): Promise<void> {
    const key = this.projection.keyOf(message)
    this.#reads.announce(key, key)
    await this.#reads.done()
    const row = this.#rows.get(key)!
    row.state = this.projection.fold.evolve(row.state, message)
  }

  async flush(sql: Sql): Promise<void> {
    const { rows, totals, fold } = this.projection
    const changed = [...this.#rows.values()].filter(({ state, before }) => state !== (before ?? fold.initial))
    if (changed.length === 0) return
    const table = tableOf(rows, this.version)
    const begun = changed.filter(({ before }) => before === undefined)
    const known = changed.filter(({ before }) => before !== undefined)
    const [inserted] = await Promise.all([
      insertFolded(sql, table, rows, begun),
      updateFolded(sql, table, rows, known),
      totals && addTotals(sql, tableOf(totals, this.version), totals, differences(totals.of, changed, fold)),
    ])
    if (inserted < begun.length) throw new ConcurrencyConflict('another transaction began a row first')
  }

  async #read(keys: readonly string[]): Promise<void> {
    const { rows, fold } = this.projection
    for (const key of keys) this.#rows.set(key, { key, before: undefined, state: fold.initial })
    for (const { key, state } of await loadFolded(this.uow, tableOf(rows, this.version), rows, keys))
      this.#rows.set(key, { key, before: state, state })
  }
}

type Contributions = (
  state: unknown,
) => readonly { readonly key: readonly (string | number)[]; readonly sums: readonly number[] }[]

/** What the rows contribute now less what they did before, by line; lines that stay as they are left out. */
const differences = (of: Contributions, rows: readonly FoldedRow[], { initial }: AnyFold): TotalsChange[] => {
  const changes = new Map<string, TotalsChange>()
  const add = (state: unknown, sign: 1 | -1): void => {
    for (const { key, sums } of of(state)) {
      const id = JSON.stringify(key)
      const change = changes.get(id)
      if (change === undefined) changes.set(id, { key, sums: sums.map((sum) => sign * sum) })
      else for (const [i, sum] of sums.entries()) change.sums[i]! += sign * sum
    }
  }
  for (const { before, state } of rows) {
    add(before ?? initial, -1)
    add(state, 1)
  }
  // In one order for everybody, so that two writers wait instead of deadlocking.
  return [...changes]
    .filter(([, { sums }]) => sums.some((sum) => sum !== 0))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, change]) => change)
}
