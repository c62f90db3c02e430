import type { AnyMessage, MessageType } from '#libs/contracts'
import { FoldedRows } from './folded-rows.ts'
import type { Projection, ProjectionTable } from './projection.ts'

/** Types of columns, by PostgreSQL's names. */
export type ColumnType = 'text' | 'uuid' | 'int' | 'bigint' | 'timestamptz'

/**
 * How a row follows from messages. `evolve` is pure and gives the same state in whatever order messages come and however
 * often each of them comes; the state itself when the message changes nothing.
 */
export interface Fold<State, M extends AnyMessage> {
  readonly initial: State
  evolve(state: State, message: M): State
}
// biome-ignore lint/suspicious/noExplicitAny: the storage of a fold does not depend on what it folds
export type AnyFold = Fold<any, any>

/** A row per key with the state as JSON, and columns made of it that it is looked for by. */
export interface RowsTable<State> {
  readonly name: string
  /** The column of the key, a UUID. */
  readonly key: string
  readonly columns?: Readonly<Record<string, { readonly type: ColumnType; of(state: State): string | number | null }>>
  readonly indexes?: readonly string[]
}

/** Sums over the rows, by key: each row says what it contributes. */
export interface TotalsTable<State> {
  readonly name: string
  readonly key: Readonly<Record<string, ColumnType>>
  readonly sums: Readonly<Record<string, 'int' | 'bigint'>>
  /** In the order of the columns. */
  of(state: State): readonly { readonly key: readonly (string | number)[]; readonly sums: readonly number[] }[]
  readonly indexes?: readonly string[]
}

export interface FoldedProjection<State, M extends AnyMessage> {
  readonly name: string
  /** Default 1. */
  readonly revision?: number
  readonly types: readonly M['type'][]
  keyOf(message: M): string
  readonly fold: Fold<State, M>
  readonly rows: RowsTable<State>
  readonly totals?: TotalsTable<State>
}

/** A projection whose rows are a fold. */
export const folded = <State, M extends AnyMessage>(declared: FoldedProjection<State, M>): Projection => ({
  name: declared.name,
  revision: declared.revision ?? 1,
  types: new Set<MessageType>(declared.types),
  tables: [rowsTable(declared.rows), ...(declared.totals ? [totalsTable(declared.totals)] : [])],
  rows: (uow, version) => new FoldedRows(declared as unknown as FoldedProjection<unknown, AnyMessage>, uow, version),
})

const rowsTable = <State>({ name, key, columns = {}, indexes = [] }: RowsTable<State>): ProjectionTable => ({
  name,
  columns: [
    `${key} uuid PRIMARY KEY`,
    ...Object.entries(columns).map(([column, { type }]) => `${column} ${type}`),
    'state json NOT NULL',
  ].join(', '),
  indexes,
  // A row is rewritten a few times and then left alone: room on its page for that.
  storage: 'fillfactor = 70',
  compared: { key: [key], says: `replace(t.state::text, '\\u0000', '')::jsonb::text` },
})

const totalsTable = <State>({ name, key, sums, indexes = [] }: TotalsTable<State>): ProjectionTable => ({
  name,
  columns: [
    ...Object.entries(key).map(([column, type]) => `${column} ${type} NOT NULL`),
    // Who runs an earlier definition does not know of every sum.
    ...Object.entries(sums).map(([column, type]) => `${column} ${type} NOT NULL DEFAULT 0`),
    `PRIMARY KEY (${Object.keys(key).join(', ')})`,
  ].join(', '),
  indexes,
  // Its rows are few and are rewritten all the time.
  storage: 'fillfactor = 50',
  compared: {
    key: Object.keys(key),
    says: `concat_ws(' ', ${Object.keys(sums)
      .map((column) => `t.${column}`)
      .join(', ')})`,
    where: Object.keys(sums)
      .map((column) => `t.${column} <> 0`)
      .join(' OR '),
  },
})
