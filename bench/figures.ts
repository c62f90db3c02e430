/** The p-th percentile (0–100) of the values, by nearest rank; NaN of none. */
export const percentile = (values: readonly number[], p: number): number => {
  if (values.length === 0) return Number.NaN
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil((p / 100) * sorted.length) - 1))]!
}

export const median = (values: readonly number[]): number => percentile(values, 50)

/** One line of the report: what, the figure, and the bar that this stage set for it. */
export const report = (what: string, figure: string, bar: string, met: boolean): void => {
  console.log(`${what.padEnd(44)} ${figure.padStart(22)}   bar ${bar.padEnd(18)} ${met ? 'met' : 'MISSED'}`)
}

export const ms = (value: number): string => value.toFixed(1)
