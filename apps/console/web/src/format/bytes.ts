const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** A size as people read it: `0 B`, `12 KiB`, `1.4 GiB`. */
export const bytes = (count: number): string => {
  const step = count < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(count) / 10))
  const value = count / 1024 ** step
  return `${step > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[step]}`
}
