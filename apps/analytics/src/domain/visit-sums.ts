import { addBins, addValue, type Bins } from '#libs/streams'

/** A visit that is over. */
export interface Visit {
  /** Its first and its last event, ms since 1970. */
  readonly start: number
  readonly end: number
  readonly pages: number
  /** Of its first event. */
  readonly country: string
  readonly device: string
}

/** What is summed up of visits, in the order in which it lies in records and columns. */
export const visitMeasures = [
  'visits',
  'pages',
  /** From the first event of each to its last, milliseconds. */
  'duration',
] as const
export type VisitMeasure = (typeof visitMeasures)[number]

export const visitDimensions = ['all', 'country', 'device'] as const
export type VisitDimension = (typeof visitDimensions)[number]

/** The visits of one key of a dimension: their sums, and how long they were. */
export type VisitSums = Record<VisitMeasure, number> & { readonly durations: Bins }

/** By the keys of each dimension. */
export type VisitsByDimension = Readonly<Record<VisitDimension, Map<string, VisitSums>>>

export const noVisits = (): VisitsByDimension => byDimension(() => new Map())

export const addVisit = (into: VisitsByDimension, { start, end, pages, country, device }: Visit): void => {
  const keys = { all: '', country, device }
  for (const dimension of visitDimensions) {
    const sums = sumsAt(into[dimension], keys[dimension])
    sums.visits++
    sums.pages += pages
    sums.duration += end - start
    addValue(sums.durations, end - start)
  }
}

/** Adds all of `other`, or with -1 takes it away. */
export const addVisits = (into: VisitsByDimension, other: VisitsByDimension, sign: 1 | -1 = 1): void => {
  for (const dimension of visitDimensions)
    for (const [key, added] of other[dimension]) {
      const sums = sumsAt(into[dimension], key)
      for (const measure of visitMeasures) sums[measure] += sign * added[measure]
      addBins(sums.durations, added.durations, sign)
    }
}

const sumsAt = (sums: Map<string, VisitSums>, key: string): VisitSums => {
  const found = sums.get(key) ?? { visits: 0, pages: 0, duration: 0, durations: new Map() }
  sums.set(key, found)
  return found
}

/** How many entries of state they are. */
export const sizeOfVisits = (visits: VisitsByDimension): number => {
  let size = 0
  for (const dimension of visitDimensions)
    for (const { durations } of visits[dimension].values()) size += 1 + durations.size
  return size
}

type StoredVisitSums = Readonly<Record<VisitMeasure, number>> & {
  readonly durations: readonly (readonly [bin: number, times: number])[]
}
/** As it lies in JSON. */
export type StoredVisits = Readonly<Record<VisitDimension, Readonly<Record<string, StoredVisitSums>>>>

export const storeVisits = (visits: VisitsByDimension): StoredVisits =>
  byDimension((dimension) =>
    Object.fromEntries(
      Array.from(visits[dimension], ([key, { durations, ...sums }]) => [key, { ...sums, durations: [...durations] }]),
    ),
  )

export const loadVisits = (visits: StoredVisits): VisitsByDimension =>
  byDimension(
    (dimension) =>
      new Map(
        Object.entries(visits[dimension]).map(([key, { durations, ...sums }]) => [
          key,
          { ...sums, durations: new Map(durations) },
        ]),
      ),
  )

const byDimension = <T>(of: (dimension: VisitDimension) => T): Record<VisitDimension, T> => ({
  all: of('all'),
  country: of('country'),
  device: of('device'),
})
