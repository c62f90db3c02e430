import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { samplesOf } from '../../apps/console/src/alerts/exposition.ts'
import { evaluate } from '../../apps/console/src/alerts/promql/evaluate.ts'
import { SeriesStore } from '../../apps/console/src/alerts/series-store.ts'
import { neededBy, type Query } from './queries.ts'
import type { RunningSystem } from './system.ts'

/** As far apart as Prometheus would look, seconds; the looks themselves follow each other at once. */
const APART_S = 10

/** What every process of a running system exposes, by two looks: enough for rates. */
export const exposedBy = async (system: RunningSystem): Promise<(query: Query) => string | undefined> => {
  const ports = JSON.parse(await readFile(join(system.data, 'ports.json'), 'utf8')) as Record<string, number>
  const addresses = Object.entries(ports).filter(([name]) => name !== 'smtp')
  const targets = [system.url, ...addresses.map(([, port]) => `http://127.0.0.1:${port}`)]
  const store = new SeriesStore()
  for (const at of [0, APART_S])
    await Promise.all(
      targets.map(async (target) => {
        const answer = await fetch(`${target}/metrics`)
        if (!answer.ok) throw new Error(`${target} answered ${answer.status}`)
        const page = await answer.text()
        store.add(
          target,
          samplesOf(page, () => true),
          at,
        )
        store.scraped(target, at)
      }),
    )
  return (query) => missingOf(query, store)
}

/** What a query lacks. A panel has a value; an alert may rest, but what it asks for is there, whatever it says now. */
const missingOf = ({ kind, expr, shown }: Query, { source }: SeriesStore): string | undefined => {
  for (const { selector, labels } of neededBy(expr, shown)) {
    const found = [...source({ ...selector, matchers: [] }, -1, APART_S)]
    if (!found.some((series) => labels.every((label) => label in series.labels)))
      return `${selector.metric} {${[...new Set(labels)]}}`
  }
  const values = kind === 'alert' ? undefined : evaluate(expr, source, APART_S)
  return Array.isArray(values) && values.length === 0 ? 'any value' : undefined
}
