import { describe, expect, test } from 'vitest'
import { metricTable, observeProcess, registry } from '#libs/observability'
import { parseQuery } from '../../apps/console/src/alerts/promql/parse.ts'
import type { Matcher } from '../../apps/console/src/alerts/promql/syntax.ts'
import { neededBy, provisionedQueries } from '../support/queries.ts'

/** A label with the values that it can have, where these are a closed set. */
type Labels = ReadonlyMap<string, readonly string[] | undefined>

/** By the name of a series, its labels. */
const series = new Map<string, Labels>()

const add = (name: string, type: string, labels: Labels): void => {
  if (type !== 'histogram') series.set(name, labels)
  else {
    for (const part of ['count', 'sum']) series.set(`${name}_${part}`, labels)
    series.set(`${name}_bucket`, new Map([...labels, ['le', undefined]]))
  }
}

for (const { name, type, labels } of metricTable) {
  const own = Object.entries(labels).map(([label, { among }]) => [label, among] as const)
  // The broker knows no service.
  add(name, type, new Map(name.startsWith('broker_') ? own : [['service', undefined], ...own]))
}
// Node's own, as prom-client names them.
observeProcess('test')
for (const { name, type } of await registry.getMetricsAsJSON()) {
  const { labelNames } = registry.getSingleMetric(name) as unknown as { readonly labelNames: readonly string[] }
  if (/^(nodejs|process)_/.test(name))
    add(name, String(type), new Map(['service', ...labelNames].map((label) => [label, undefined])))
}

const matches = ({ wanted, isEqual }: Matcher, value: string): boolean =>
  (typeof wanted === 'string' ? wanted === value : wanted.test(value)) === isEqual

describe('what is asked is in the table of metrics, by labels that it has and values that these can have', () => {
  const queries = provisionedQueries()

  test('of panels and of alerts', () => {
    expect(new Set(queries.map(({ kind }) => kind))).toEqual(new Set(['panel', 'alert']))
  })

  test.each(queries)('$where', ({ expr, shown }) => {
    const needed = neededBy(expr, shown)
    expect(needed).not.toEqual([])
    for (const { selector, labels } of needed) {
      const known = series.get(selector.metric)
      expect(known, selector.metric).toBeDefined()
      for (const label of labels) expect([...known!.keys()], selector.metric).toContain(label)
      for (const matcher of selector.matchers) {
        const among = known!.get(matcher.label)?.filter((value) => matches(matcher, value))
        expect(among, `${selector.metric} by ${matcher.label}`).not.toEqual([])
      }
    }
  })
})

test('a legend that shows what its query leaves out is found', () => {
  expect(() => neededBy(parseQuery('sum by (a) (rate(b[1m]))'), ['c'])).toThrow('sum by (a) leaves out c')
  const buckets = neededBy(parseQuery('histogram_quantile(0.99, sum by (le, a) (rate(b_bucket{c="d"}[1m])))'), ['a'])
  expect(buckets.map(({ selector, labels }) => [selector.metric, labels])).toEqual([['b_bucket', ['le', 'a', 'c']]])
})
