import type { Labels } from './promql/evaluate.ts'

const FILLED = /\{\{\s*(?:\$labels\.(\w+)|\$value(?:\s*\|\s*(\w+))?)\s*\}\}/g

/** The text of an annotation, with labels and value in place of what stands for them in Prometheus' templates. */
export const fillIn = (text: string, labels: Labels, value: number): string =>
  text.replace(FILLED, (_, label?: string, format?: string) =>
    label === undefined ? shown(value, format) : (labels[label] ?? ''),
  )

const shown = (value: number, format: string | undefined): string => {
  if (format === 'humanizePercentage') return `${digits(value * 100)}%`
  if (format === 'humanizeDuration') return duration(value)
  return format === 'humanize' ? humanized(value) : String(value)
}

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P']

const humanized = (value: number): string => {
  const power = Math.min(PREFIXES.length - 1, Math.max(0, Math.floor(Math.log10(Math.abs(value) || 1) / 3)))
  return digits(value / 1_000 ** power) + PREFIXES[power]!
}

/** Four that matter. */
const digits = (value: number): string => String(Number(value.toPrecision(4)))

const duration = (seconds: number): string => {
  const rest = Math.abs(seconds)
  const sign = seconds < 0 ? '-' : ''
  if (rest < 60) return `${sign}${digits(rest)}s`
  const [days, hours, minutes] = [Math.floor(rest / 86_400), Math.floor(rest / 3_600) % 24, Math.floor(rest / 60) % 60]
  const whole = `${hours}h ${minutes}m ${Math.floor(rest % 60)}s`
  return sign + (days > 0 ? `${days}d ${whole}` : hours > 0 ? whole : `${minutes}m ${Math.floor(rest % 60)}s`)
}
