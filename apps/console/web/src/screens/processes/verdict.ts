import type { OracleAnswer, OracleCheck } from '../../server/types.ts'

export interface Promised {
  readonly name: OracleCheck['name']
  readonly title: string
  /** Undefined where it could not be looked at. */
  readonly check: OracleCheck | undefined
  /** Why it could not. */
  readonly missing: string | undefined
}

const TITLES: readonly (readonly [OracleCheck['name'], string])[] = [
  ['ends', 'Orders without an end'],
  ['money', 'Money out of balance'],
  ['stock', 'Stock out of balance'],
  ['effects', 'Doubled effects'],
  ['key-order', 'Broken order of a key'],
]

/** Every promise in one order, looked at or not. */
export const promisesOf = ({ checks, missing }: OracleAnswer): readonly Promised[] =>
  TITLES.map(([name, title]) => ({
    ...{ name, title },
    check: checks.find((check) => check.name === name),
    missing: missing.find((check) => check.name === name)?.detail,
  }))

export type Verdict = 'all hold' | 'broken' | 'not all seen'

/** One that is broken outweighs one that could not be looked at. */
export const verdictOf = ({ checks, missing }: OracleAnswer): Verdict => {
  if (checks.some(({ violations }) => violations > 0)) return 'broken'
  return missing.length > 0 ? 'not all seen' : 'all hold'
}
