import type { Labels } from './promql/evaluate.ts'

export interface ExposedSample {
  readonly metric: string
  readonly labels: Labels
  readonly value: number
}

const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/y

/** The samples of a page of OpenMetrics, or of Prometheus' text format, of the metrics that are wanted. */
export function* samplesOf(page: string, isWanted: (metric: string) => boolean): Generator<ExposedSample> {
  for (let at = 0; at < page.length; ) {
    const end = page.indexOf('\n', at)
    const line = page.slice(at, end < 0 ? page.length : end)
    at = end < 0 ? page.length : end + 1
    if (line === '' || line.startsWith('#')) continue
    const metric = /^[a-zA-Z_:][\w:]*/.exec(line)?.[0]
    if (metric === undefined || !isWanted(metric)) continue
    const sample = parse(metric, line)
    if (sample !== undefined) yield sample
  }
}

/** What follows the value, a time or an exemplar, is not looked at. */
const parse = (metric: string, line: string): ExposedSample | undefined => {
  const labels: Record<string, string> = {}
  let at = metric.length
  if (line[at] === '{') {
    LABEL.lastIndex = at + 1
    while (line[LABEL.lastIndex] !== '}') {
      if (line[LABEL.lastIndex] === ',') LABEL.lastIndex++
      const [whole, name, value] = LABEL.exec(line) ?? []
      if (whole === undefined) return undefined
      labels[name!] = value!.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char))
      at = LABEL.lastIndex
    }
    at = LABEL.lastIndex + 1
  }
  const value = numberOf(line.slice(at).trim().split(' ')[0]!)
  return value === undefined ? undefined : { metric, labels, value }
}

const numberOf = (text: string): number | undefined => {
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY
  if (text === '-Inf') return Number.NEGATIVE_INFINITY
  const value = Number(text)
  return text === '' || Number.isNaN(value) ? undefined : value
}
