import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from '#libs/database'
import type { Projection, ProjectionTable } from '../projection.ts'
import { type ComparedRows, compareRows, nextKey, type Versions } from '../sql/compare-tables.ts'
import type { Comparison } from '../sql/versions.ts'

/** Rows of a table in one statement. */
const ROWS = 2_000
/** Differing rows that are looked at again, at most. */
const LOOKED_AT_AGAIN = 1_000
/** One version may be a moment ahead of the other: what differs is looked at again so often, after so long. */
const LOOKS = 3
const BETWEEN_LOOKS_MS = 1_000
const SAMPLE = 20
const FIRST_KEY = '00000000-0000-0000-0000-000000000000'

export interface Comparing {
  readonly sql: Sql
  readonly signal: AbortSignal
  /** Called after each stretch of rows with what was found so far; false when it is no longer ours to go on. */
  readonly onProgress: (comparison: Comparison) => Promise<boolean>
  /** After a statement that took so long. */
  readonly rest: (workedMs: number) => Promise<void>
}

type Difference = { readonly key: string; readonly kind: 'missing' | 'added' | 'differing' }

/** The rows of two versions that are both fed; undefined when it was interrupted. */
export const compareVersions = async (
  { sql, signal, onProgress, rest }: Comparing,
  { tables }: Projection,
  versions: Versions,
): Promise<Comparison | undefined> => {
  const sum = new Sum(versions.serving)
  for (const table of tables) {
    const found: Difference[] = []
    for await (const rows of stretches(sql, table, versions, rest)) {
      sum.count(rows)
      found.push(...rows.differences)
      if (signal.aborted || !(await onProgress(sum.with(table.name, found)))) return undefined
    }
    sum.settle(table.name, await persisting(sql, table, versions, found, signal))
  }
  const comparison = sum.with('', [])
  return (await onProgress(comparison)) ? comparison : undefined
}

async function* stretches(
  sql: Sql,
  table: ProjectionTable,
  versions: Versions,
  rest: (workedMs: number) => Promise<void>,
): AsyncGenerator<ComparedRows> {
  if (table.compared.key.length > 1 || !/\buuid PRIMARY KEY/.test(table.columns)) {
    yield await compareRows(sql, table, versions)
    return
  }
  for (let after = FIRST_KEY; ; ) {
    const startedAt = performance.now()
    const upto = await nextKey(sql, table, versions, after, ROWS)
    if (upto === undefined) return
    yield await compareRows(sql, table, versions, { after, upto })
    await rest(performance.now() - startedAt)
    after = upto
  }
}

/** What still differs after a while. */
const persisting = async (
  sql: Sql,
  table: ProjectionTable,
  versions: Versions,
  found: readonly Difference[],
  signal: AbortSignal,
): Promise<readonly Difference[]> => {
  let differences = found
  for (let look = 0; look < LOOKS && differences.length > 0 && differences.length <= LOOKED_AT_AGAIN; look++) {
    await sleep(BETWEEN_LOOKS_MS, undefined, { signal }).catch(() => {})
    if (signal.aborted) return differences
    const keys = differences.map(({ key }) => key)
    differences = (await compareRows(sql, table, versions, { keys })).differences
  }
  return differences
}

class Sum {
  #serving = 0
  #candidate = 0
  #servingDigest = 0n
  #candidateDigest = 0n
  readonly #counts = { missing: 0, added: 0, differing: 0 }
  readonly #sample: string[] = []

  constructor(private readonly comparedWith: number) {}

  count({ serving, candidate, servingDigest, candidateDigest }: ComparedRows): void {
    this.#serving += serving
    this.#candidate += candidate
    this.#servingDigest ^= BigInt.asUintN(64, servingDigest)
    this.#candidateDigest ^= BigInt.asUintN(64, candidateDigest)
  }

  settle(table: string, differences: readonly Difference[]): void {
    for (const { key, kind } of differences) {
      this.#counts[kind]++
      if (this.#sample.length < SAMPLE) this.#sample.push(`${kind} ${table} ${key}`)
    }
  }

  /** With what was found in a table that is not settled yet. */
  with(table: string, open: readonly Difference[]): Comparison {
    const sum = new Sum(this.comparedWith)
    Object.assign(sum.#counts, this.#counts)
    sum.#sample.push(...this.#sample)
    sum.settle(table, open)
    return {
      ...{ comparedWith: this.comparedWith, serving: this.#serving, candidate: this.#candidate, ...sum.#counts },
      servingDigest: hex(this.#servingDigest),
      candidateDigest: hex(this.#candidateDigest),
      sample: sum.#sample,
    }
  }
}

const hex = (digest: bigint): string => digest.toString(16).padStart(16, '0')
