import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { metricTable } from '#libs/observability'
import { type Active, type Alert, look } from './alerts.ts'
import type { Labels } from './promql/evaluate.ts'
import { metricsIn, readRules } from './rules.ts'
import { SeriesStore } from './series-store.ts'

const FOLDER = join(import.meta.dirname, '../../../../deploy/prometheus')
const RUNBOOKS = join(import.meta.dirname, '../../../../docs/runbooks')
const rules = readRules(readFileSync(join(FOLDER, 'rules.yml'), 'utf8'))

interface RuleTest {
  readonly name: string
  readonly input_series: readonly { readonly series: string; readonly values: string }[]
  readonly alert_rule_test: readonly {
    readonly eval_time: string
    readonly alertname: string
    readonly exp_alerts: readonly { readonly exp_labels: Labels; readonly exp_annotations: Labels }[]
  }[]
}
const { tests } = parse(readFileSync(join(FOLDER, 'rules.test.yml'), 'utf8')) as { tests: readonly RuleTest[] }

const STEP_S = 10

/** As promtool writes values: `5`, `5x3` (four times), `0+10x3` (three steps of ten). */
const expand = (values: string): number[] =>
  values.split(' ').flatMap((value) => {
    const [, start, step = '0', times = '0'] = /^(-?[\d.]+)(?:([+-][\d.]+))?(?:x(\d+))?$/.exec(value)!
    return Array.from({ length: Number(times) + 1 }, (_, i) => Number(start) + i * Number(step))
  })

const seconds = (text: string): number =>
  [...text.matchAll(/(\d+)([sm])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (unit === 'm' ? 60 : 1), 0)

/** What has been found by each moment, were the series scraped and looked at every ten seconds. */
const replay = ({ input_series }: RuleTest, until: number): readonly Alert[] => {
  const series = input_series.map(({ series, values }) => {
    const [, metric, text] = /^(\w+)\{(.*)\}$/.exec(series)!
    const labels = Object.fromEntries([...text!.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value!]))
    return { metric: metric!, labels, values: expand(values) }
  })
  const store = new SeriesStore()
  let active: Active = new Map()
  let alerts: readonly Alert[] = []
  for (let at = 0; at <= until; at += STEP_S) {
    const samples = series.flatMap(({ metric, labels, values }) => {
      const value = values[at / STEP_S]
      return value === undefined ? [] : [{ metric, labels, value }]
    })
    store.add('test', samples, at)
    store.scraped('test', at)
    const looked = look(rules, store.source, at, active)
    active = looked.active
    alerts = looked.alerts
  }
  return alerts
}

describe('the gateway finds what promtool finds', () => {
  for (const each of tests)
    for (const { eval_time, alertname, exp_alerts } of each.alert_rule_test)
      test(`${each.name}, ${alertname} after ${eval_time}`, () => {
        const found = replay(each, seconds(eval_time))
          .filter(({ alert, state }) => alert === alertname && state === 'firing')
          .map(({ labels, severity, summary, runbook, console }) => ({
            exp_labels: { severity, ...labels },
            exp_annotations: { summary, runbook_url: `http://localhost:8080${runbook}`, console },
          }))
        const byLabels = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
        expect(found.toSorted(byLabels)).toEqual(exp_alerts.toSorted(byLabels))
      })
})

test('every rule is tested, fires in some test, has its runbook, and asks for metrics that are in the table', () => {
  const tested = tests.flatMap((each) =>
    each.alert_rule_test.filter(({ exp_alerts }) => exp_alerts.length > 0).map(({ alertname }) => alertname),
  )
  expect([...new Set(tested)].sort()).toEqual(rules.map(({ alert }) => alert).sort())
  const known = new Set(
    metricTable.flatMap(({ name, type }) => (type === 'histogram' ? [`${name}_count`, `${name}_bucket`] : [name])),
  )
  for (const { alert, expr, annotations } of rules) {
    for (const metric of metricsIn(expr)) expect(known, `${alert}: ${metric}`).toContain(metric)
    expect(annotations.runbook_url.endsWith(`/runbooks/${alert}`)).toBe(true)
    expect(existsSync(join(RUNBOOKS, `${alert}.md`)), alert).toBe(true)
  }
})

test('what is not understood of a rules file is said', () => {
  const file = (expr: string) =>
    `groups: [{name: a, rules: [{alert: b, expr: '${expr}', labels: {severity: warning}, annotations: {summary: s, runbook_url: 'http://h/b', console: /}}]}]`
  expect(() => readRules(file('predict_linear(a[5m], 3) > 1'))).toThrow(/predict_linear is not understood/)
  expect(() => readRules(file('a >'))).toThrow(/the end is not understood/)
  expect(() => readRules('groups: 3')).toThrow(/rules of alerts/)
})
