import type { HourSums } from '#libs/archive'
import { measures as eventMeasures, type Measure } from '../domain/measures.ts'
import { type VisitMeasure, visitMeasures } from '../domain/visit-sums.ts'

/** Sums of one key of a dimension in the hour that begins at `start` (ms since 1970), as either side has them: of some measures or all. */
export type Sums = Omit<HourSums, 'sums'> & { readonly sums: Partial<HourSums['sums']> }

const measures = [...eventMeasures, ...visitMeasures]

export interface Difference {
  readonly dimension: string
  readonly key: string
  readonly measure: Measure | VisitMeasure
  readonly stream: number
  readonly batch: number
}

export interface ReconciledHour {
  readonly start: number
  /** `open`: events of it may still be on their way into the archive, or tell that a visit is over. */
  readonly state: 'equal' | 'different' | 'open'
  /** What was counted, all measures of all keys: how many numbers were held against each other. */
  readonly compared: number
  readonly different: number
  /** The first of them. */
  readonly differences: readonly Difference[]
}

const HOUR_MS = 3_600_000
/** An event is in a file of the archive five minutes after it arrived, and a minute late at most. */
const SETTLED_MS = 10 * 60_000
const MOST_SHOWN = 20

export interface Batch {
  readonly sums: readonly Sums[]
  /** Starts of the hours of which more visits may be over later. */
  readonly open: readonly number[]
  /** When it was counted, ms since 1970. */
  readonly at: number
}

/** Holds what the stream counted against what the batch counted, hour by hour. */
export const reconcile = (stream: readonly Sums[], { sums: batch, open, at }: Batch): ReconciledHour[] => {
  const [ofStream, ofBatch] = [byPlace(stream), byPlace(batch)]
  const starts = [...new Set([...stream, ...batch].map(({ start }) => start))].sort((a, b) => a - b)
  return starts.map((start) => {
    const places = [...new Set([...ofStream.keys(), ...ofBatch.keys()])].filter((place) => startOf(place) === start)
    const differences = places.flatMap((place) => differencesOf(ofStream.get(place), ofBatch.get(place)))
    const isOpen = start + HOUR_MS + SETTLED_MS > at || open.includes(start)
    return {
      start,
      state: differences.length === 0 ? 'equal' : isOpen ? 'open' : 'different',
      compared: places.length * measures.length,
      different: differences.length,
      differences: differences.slice(0, MOST_SHOWN),
    }
  })
}

const placeOf = ({ start, dimension, key }: Sums): string => `${start}/${dimension}/${key}`
const startOf = (place: string): number => Number(place.slice(0, place.indexOf('/')))
/** Events and visits of a place are told apart. */
const byPlace = (all: readonly Sums[]): ReadonlyMap<string, Sums> => {
  const places = new Map<string, Sums>()
  for (const one of all) {
    const place = placeOf(one)
    places.set(place, { ...one, sums: { ...places.get(place)?.sums, ...one.sums } })
  }
  return places
}

const differencesOf = (stream: Sums | undefined, batch: Sums | undefined): Difference[] => {
  const { dimension, key } = (stream ?? batch)!
  return measures.flatMap((measure) => {
    const [one, other] = [stream?.sums[measure] ?? 0, batch?.sums[measure] ?? 0]
    return one === other ? [] : [{ dimension, key, measure, stream: one, batch: other }]
  })
}
