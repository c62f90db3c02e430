import { HOUR } from '#libs/streams'

const DAY = 24 * HOUR
/** Of fewer views an hour says nothing. */
const LEAST_VIEWS = 100

export interface HourOfSales {
  readonly views: number
  readonly converted: number
}

/** The value of a record of `analytics-alerts`. */
export interface ConversionAlert {
  readonly v: 1
  readonly type: 'conversion.halved'
  /** The same for the same hour, however often it is looked at. */
  readonly id: string
  /** Of the hour, ms since 1970. */
  readonly hour: number
  /** Purchases that converted, of the views; the same hour of the day before. */
  readonly rate: number
  readonly dayBefore: number
}

/** The hour that is looked at: the last one that is over, and its windows closed, at this instant. */
export const hourToLookAt = (now: number, grace: number): number => Math.floor((now - grace) / HOUR) * HOUR - HOUR
export const dayBefore = (hour: number): number => hour - DAY

/** An alert when less than half as many of the views became purchases as in the same hour of the day before. */
export const conversionAlert = (
  hour: number,
  now: HourOfSales | undefined,
  before: HourOfSales | undefined,
): ConversionAlert | undefined => {
  if (now === undefined || before === undefined) return undefined
  if (now.views < LEAST_VIEWS || before.views < LEAST_VIEWS) return undefined
  const [rate, dayBefore] = [now.converted / now.views, before.converted / before.views]
  if (rate >= dayBefore / 2) return undefined
  return { v: 1, type: 'conversion.halved', id: `conversion-${hour}`, hour, rate, dayBefore }
}
