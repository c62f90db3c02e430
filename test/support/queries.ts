import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseQuery } from '../../apps/console/src/alerts/promql/parse.ts'
import type { Expression, Selector } from '../../apps/console/src/alerts/promql/syntax.ts'
import { readRules } from '../../apps/console/src/alerts/rules.ts'
import { ROOT } from '../../scripts/root.ts'

const DASHBOARDS = join(ROOT, 'deploy/grafana/dashboards')
const RULES = join(ROOT, 'deploy/prometheus/rules.yml')

/** A question to Prometheus that is provisioned: of a panel, or of an alert. */
export interface Query {
  readonly kind: 'panel' | 'alert'
  /** Where it stands, for whoever has to mend it. */
  readonly where: string
  readonly expr: Expression
  /** Labels that the panel's legend, or the alert's text, shows of each answer. */
  readonly shown: readonly string[]
}

/** A series that a query cannot do without: of this metric, with these labels. */
export interface Needed {
  readonly selector: Selector
  readonly labels: readonly string[]
}

interface GrafanaFile {
  readonly panels: readonly {
    readonly title: string
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[]
  }[]
}

/** Every query of Grafana's files and of the rules' file, as they are provisioned. */
export const provisionedQueries = (): Query[] => [...panelQueries(), ...alertQueries()]

const panelQueries = (): Query[] =>
  readdirSync(DASHBOARDS).flatMap((file) => {
    const { panels } = JSON.parse(readFileSync(join(DASHBOARDS, file), 'utf8')) as GrafanaFile
    return panels.flatMap(({ title, targets }) =>
      targets.map(({ expr, legendFormat }) => ({
        ...{ kind: 'panel' as const, where: `${file}, "${title}"`, expr: parseQuery(expr) },
        shown: namesIn(legendFormat, /\{\{(\w+)\}\}/g),
      })),
    )
  })

const alertQueries = (): Query[] =>
  readRules(readFileSync(RULES, 'utf8')).map(({ alert, expr, annotations }) => ({
    ...{ kind: 'alert' as const, where: `the alert ${alert}`, expr },
    shown: namesIn(annotations.summary, /\$labels\.(\w+)/g),
  }))

const namesIn = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name]) => name!)

/** @throws Error when an answer has not the labels that are wanted of it: an aggregation leaves them out. */
export const neededBy = (expr: Expression, wanted: readonly string[]): Needed[] => {
  switch (expr.kind) {
    case 'selector':
      return [{ selector: expr, labels: [...wanted, ...expr.matchers.map(({ label }) => label)] }]
    case 'call':
      return neededBy(expr.of, wanted)
    case 'quantile':
      return neededBy(expr.of, [...wanted, 'le'])
    case 'aggregate': {
      const lost = wanted.filter((label) => !expr.by.includes(label))
      if (lost.length > 0) throw new Error(`${expr.name} by (${expr.by}) leaves out ${lost}`)
      return neededBy(expr.of, expr.by)
    }
    case 'binary':
      return [...neededBy(expr.left, wanted), ...neededBy(expr.right, wanted)]
    default:
      return []
  }
}
