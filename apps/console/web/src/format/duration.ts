/** How long something took, in the two largest units that say it: `12 ms`, `1.4 s`, `3 min 20 s`, `2 d 4 h`. */
export const duration = (ms: number): string => {
  if (!Number.isFinite(ms)) return '–'
  const whole = Math.max(0, ms)
  if (whole < 1_000) return `${Math.round(whole)} ms`
  if (whole < 10_000) return `${(whole / 1_000).toFixed(1)} s`
  if (whole < 60_000) return `${Math.round(whole / 1_000)} s`
  const [unit, size, smaller, smallerSize] = UNITS.find(([, unitSize]) => whole >= unitSize)!
  const rest = Math.floor((whole % size) / smallerSize)
  return `${Math.floor(whole / size)} ${unit}${rest > 0 ? ` ${rest} ${smaller}` : ''}`
}

const UNITS = [
  ['d', 86_400_000, 'h', 3_600_000],
  ['h', 3_600_000, 'min', 60_000],
  ['min', 60_000, 's', 1_000],
] as const

/** How long ago, for the eye; the exact instant stands beside it. */
export const age = (at: string, now: number): string => {
  const ms = now - Date.parse(at)
  if (ms < 5_000) return 'just now'
  return `${ms < 60_000 ? `${Math.floor(ms / 1_000)} s` : duration(ms).split(' ').slice(0, 2).join(' ')} ago`
}
