/** What of PromQL our rules and dashboards are written in. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'time' }
  | Selector
  | { readonly kind: 'call'; readonly name: RangeFunction; readonly of: Selector }
  | { readonly kind: 'quantile'; readonly q: number; readonly of: Expression }
  | { readonly kind: 'aggregate'; readonly name: Aggregation; readonly by: readonly string[]; readonly of: Expression }
  | { readonly kind: 'binary'; readonly operator: Operator; readonly left: Expression; readonly right: Expression }

export interface Selector {
  readonly kind: 'selector'
  readonly metric: string
  readonly matchers: readonly Matcher[]
  /** Of a range, seconds; undefined: the newest sample. */
  readonly range?: number
}

export interface Matcher {
  readonly label: string
  readonly isEqual: boolean
  /** A text, or a pattern for the whole of it. */
  readonly wanted: string | RegExp
}

export const rangeFunctions = ['rate', 'increase', 'delta'] as const
export type RangeFunction = (typeof rangeFunctions)[number]
export const aggregations = ['sum', 'min', 'max', 'avg', 'count'] as const
export type Aggregation = (typeof aggregations)[number]

/** From the one that binds least to the one that binds most. */
export const OPERATORS = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '<=', '<', '>=', '>'],
  ['+', '-'],
  ['*', '/'],
] as const
export type Operator = (typeof OPERATORS)[number][number]
