export type MetricType = 'counter' | 'gauge' | 'histogram'

/** What a label may say. Every label is bounded: what may come from outside never becomes one. */
export interface Values {
  /** In words; of a closed set, its members. */
  readonly what: string
  /** So many different ones in one process, at most. */
  readonly most: number
  /** A closed set. */
  readonly among?: readonly string[]
}

/** A metric of the table. Only this library makes one, so nothing is measured that the table does not have. */
export interface Metric<Type extends MetricType = MetricType, Label extends string = string> {
  readonly type: Type
  /** As Prometheus has it: ends in its unit, and a counter in `_total` after that. */
  readonly name: string
  readonly help: string
  readonly labels: Readonly<Record<Label, Values>>
  /** Of a histogram: the upper bounds, in the unit of its name. */
  readonly buckets?: readonly number[]
}

export const among = (...values: readonly string[]): Values => ({
  ...{ what: values.join(', '), most: values.length, among: values },
})

export const upTo = (most: number, what: string): Values => ({ most, what })

/** From half a millisecond to a minute: a commit at rest as well as the retries of a slow payment provider. */
export const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** From a second to a day: what waits for people and parcels. */
const LONG_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400]
export const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]

type Labels<Label extends string> = Readonly<Record<Label, Values>>

export const counterOf = <Label extends string = never>(
  name: `${string}_total`,
  help: string,
  labels = {} as Labels<Label>,
): Metric<'counter', Label> => ({ type: 'counter', name, help, labels })

export const gaugeOf = <Label extends string = never>(
  name: string,
  help: string,
  labels = {} as Labels<Label>,
): Metric<'gauge', Label> => ({ type: 'gauge', name, help, labels })

/** Of durations. */
export const timesOf = <Label extends string = never>(
  name: `${string}_seconds`,
  help: string,
  labels = {} as Labels<Label>,
): Metric<'histogram', Label> => ({ type: 'histogram', name, help, labels, buckets: SECONDS })

/** Of durations that may be hours. */
export const longTimesOf = <Label extends string = never>(
  name: `${string}_seconds`,
  help: string,
  labels = {} as Labels<Label>,
): Metric<'histogram', Label> => ({ type: 'histogram', name, help, labels, buckets: LONG_SECONDS })

/** Of how many there were at once. */
export const sizesOf = <Label extends string = never>(
  name: `${string}_size`,
  help: string,
  labels = {} as Labels<Label>,
): Metric<'histogram', Label> => ({ type: 'histogram', name, help, labels, buckets: SIZES })
