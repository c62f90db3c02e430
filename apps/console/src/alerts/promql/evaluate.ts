import { changeOver, type Sample } from './extrapolate.ts'
import { quantileOf } from './quantile.ts'
import type { Aggregation, Expression, Operator, Selector } from './syntax.ts'

export type Labels = Readonly<Record<string, string>>

/** Series by selector: those whose labels match, each with its samples after `from` up to `to`, oldest first. */
export type Source = (
  selector: Selector,
  from: number,
  to: number,
) => Iterable<{
  readonly labels: Labels
  readonly samples: readonly Sample[]
}>

/** A value with its labels; those of Prometheus' own, like the name of the metric, are left out. */
export interface Value {
  readonly labels: Labels
  readonly value: number
}

/** How old a sample may be that counts as the newest, seconds. */
const LOOKBACK_S = 300

/** The value of a query at `now`, in seconds since 1970, as Prometheus has it: a number, or a value per set of labels. */
export const evaluate = (expression: Expression, source: Source, now: number): number | readonly Value[] => {
  switch (expression.kind) {
    case 'number':
      return expression.value
    case 'time':
      return now
    case 'selector':
      return Array.from(source(expression, now - LOOKBACK_S, now)).flatMap(({ labels, samples }) => {
        const newest = samples.at(-1)
        return newest === undefined ? [] : [{ labels, value: newest.value }]
      })
    case 'call': {
      const { name, of } = expression
      const range = of.range!
      return Array.from(source(of, now - range, now)).flatMap(({ labels, samples }) => {
        const value = changeOver(name, samples, now, range)
        return value === undefined ? [] : [{ labels, value }]
      })
    }
    case 'quantile':
      return quantileOf(expression.q, vector(evaluate(expression.of, source, now)))
    case 'aggregate':
      return aggregate(expression.name, expression.by, vector(evaluate(expression.of, source, now)))
    case 'binary': {
      const [left, right] = [expression.left, expression.right].map((each) => evaluate(each, source, now))
      return combine(expression.operator, left!, right!)
    }
  }
}

const vector = (value: number | readonly Value[]): readonly Value[] => {
  if (typeof value === 'number') throw new SyntaxError('a number is no set of series')
  return value
}

const keyOf = (labels: Labels): string => JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))

const AGGREGATED: Readonly<Record<Aggregation, (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((total, value) => total + value, 0),
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  avg: (values) => values.reduce((total, value) => total + value, 0) / values.length,
  count: (values) => values.length,
}

const aggregate = (name: Aggregation, by: readonly string[], values: readonly Value[]): Value[] => {
  const groups = new Map<string, { readonly labels: Labels; readonly values: number[] }>()
  for (const { labels, value } of values) {
    const kept = Object.fromEntries(by.flatMap((label) => (label in labels ? [[label, labels[label]!]] : [])))
    const key = keyOf(kept)
    const group = groups.get(key) ?? { labels: kept, values: [] }
    group.values.push(value)
    groups.set(key, group)
  }
  return Array.from(groups.values(), ({ labels, values }) => ({ labels, value: AGGREGATED[name](values) }))
}

const COMPUTED: Readonly<Partial<Record<Operator, (a: number, b: number) => number>>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
}
const COMPARED: Readonly<Partial<Record<Operator, (a: number, b: number) => boolean>>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

const combine = (operator: Operator, left: number | readonly Value[], right: number | readonly Value[]) => {
  const compute = COMPUTED[operator]
  if (compute !== undefined && typeof left === 'number' && typeof right === 'number') return compute(left, right)
  if (operator === 'and' || operator === 'or' || operator === 'unless')
    return ofSets(operator, vector(left), vector(right))
  if (typeof left === 'number' && typeof right === 'number')
    throw new SyntaxError('to compare two numbers says nothing about a system')
  return pairs(left, right).flatMap(([labels, a, b]) => {
    if (compute !== undefined) return [{ labels, value: compute(a, b) }]
    return COMPARED[operator]!(a, b) ? [{ labels, value: typeof left === 'number' ? b : a }] : []
  })
}

/** Each value with the one of the other side that has the same labels. */
const pairs = (
  left: number | readonly Value[],
  right: number | readonly Value[],
): (readonly [Labels, number, number])[] => {
  if (typeof left === 'number') return vector(right).map(({ labels, value }) => [labels, left, value])
  if (typeof right === 'number') return left.map(({ labels, value }) => [labels, value, right])
  const others = new Map(right.map(({ labels, value }) => [keyOf(labels), value]))
  return left.flatMap(({ labels, value }) => {
    const other = others.get(keyOf(labels))
    return other === undefined ? [] : [[labels, value, other] as const]
  })
}

const ofSets = (operator: 'and' | 'or' | 'unless', left: readonly Value[], right: readonly Value[]): Value[] => {
  const keys = (values: readonly Value[]) => new Set(values.map(({ labels }) => keyOf(labels)))
  const [known, others] = [keys(left), keys(right)]
  if (operator === 'or') return [...left, ...right.filter(({ labels }) => !known.has(keyOf(labels)))]
  return left.filter(({ labels }) => others.has(keyOf(labels)) === (operator === 'and'))
}
