import type { SagaStatus } from '../saga.ts'

/** Which sagas are meant: those of which everything holds that is given. */
export interface SagaFilter {
  readonly status?: SagaStatus | undefined
  readonly type?: string | undefined
  /** Not ended, and its state says one of `anyOf` at `path`. */
  readonly underWay?: { readonly path: readonly string[]; readonly anyOf: readonly string[] } | undefined
  readonly startedBefore?: Date | undefined
  readonly updatedBefore?: Date | undefined
}

/** Spelled out only where something is asked for, so that each kind of page is read off its own index. */
export const conditionsOf = (filter: SagaFilter, values: unknown[]): string[] => {
  const conditions: string[] = []
  const add = (condition: (...places: string[]) => string, ...wanted: unknown[]) =>
    conditions.push(condition(...wanted.map((value) => `$${values.push(value)}`)))
  const { status, type, underWay, startedBefore, updatedBefore } = filter
  if (status !== undefined) add((value) => `status = ${value}::text`, status)
  if (type !== undefined) add((value) => `type = ${value}::text`, type)
  if (startedBefore !== undefined) add((value) => `started_at < ${value}::timestamptz`, startedBefore)
  if (updatedBefore !== undefined) add((value) => `updated_at < ${value}::timestamptz`, updatedBefore)
  if (underWay !== undefined) {
    // Those that have ended are many, and their states would all be taken apart.
    conditions.push(`status IN ('running', 'compensating', 'needs_attention')`)
    const { path, anyOf } = underWay
    add((at, values) => `state #>> ${at}::text[] = ANY(${values}::text[])`, path, anyOf)
  }
  return conditions
}
