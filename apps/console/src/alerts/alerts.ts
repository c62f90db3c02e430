import { evaluate, type Labels, type Source } from './promql/evaluate.ts'
import type { Rule } from './rules.ts'
import { fillIn } from './template.ts'

export interface Alert {
  readonly alert: string
  readonly state: 'pending' | 'firing'
  readonly severity: Rule['labels']['severity']
  readonly labels: Labels
  readonly value: number
  readonly summary: string
  /** Since when the condition holds. */
  readonly activeAt: string
  /** Where the gateway serves what to do about it. */
  readonly runbook: string
  /** The screen of the console that helps. */
  readonly console: string
}

/** By alert and labels: since when, in seconds since 1970. */
export type Active = ReadonlyMap<string, number>

/** So many at a time; more of one kind say nothing new. */
const MOST_ALERTS = 200

/**
 * One look at all rules: what is pending or firing at `now`, in seconds since 1970, and since when; `before` is what the
 * last look found. As in Prometheus, an alert fires once its condition has held for its `for`.
 */
export const look = (
  rules: readonly Rule[],
  source: Source,
  now: number,
  before: Active,
): { readonly alerts: readonly Alert[]; readonly active: Active } => {
  const active = new Map<string, number>()
  const alerts: Alert[] = []
  for (const rule of rules) {
    const values = evaluate(rule.expr, source, now)
    for (const { labels, value } of typeof values === 'number' ? [] : values) {
      if (alerts.length === MOST_ALERTS) break
      const key = `${rule.alert} ${JSON.stringify(Object.entries(labels).sort())}`
      const since = before.get(key) ?? now
      active.set(key, since)
      const { annotations } = rule
      alerts.push({
        ...{ alert: rule.alert, state: now - since >= rule.for ? 'firing' : 'pending', severity: rule.labels.severity },
        ...{ labels, value, summary: fillIn(annotations.summary, labels, value) },
        activeAt: new Date(since * 1_000).toISOString(),
        ...{ runbook: new URL(annotations.runbook_url).pathname, console: annotations.console },
      })
    }
  }
  return { alerts, active }
}
