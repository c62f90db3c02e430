/** From and to as `HH:MM` on the customer's clock; a night goes over midnight. */
export interface QuietHours {
  readonly from: string
  readonly to: string
}

const MINUTE_MS = 60_000
const DAY_MINUTES = 24 * 60

/** By zone: making one takes longer than using it for a year. */
const clocks = new Map<string, Intl.DateTimeFormat>()

const clockOf = (timeZone: string): Intl.DateTimeFormat => {
  const known = clocks.get(timeZone)
  if (known !== undefined) return known
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  clocks.set(timeZone, clock)
  return clock
}

/** Minutes since midnight on the clock of the zone. */
const minuteOfDay = (at: Date, timeZone: string): number => minutesOf(clockOf(timeZone).format(at))

const minutesOf = (time: string): number => {
  const [hours, minutes] = time.split(':').map(Number)
  return hours! * 60 + minutes!
}

/**
 * When the quiet hours end that it is in at `now`; undefined when nobody is disturbed. In the night in which the clock is
 * changed they end when the customer's clock says so, an hour sooner or later. Equal ends: never quiet.
 */
export const quietUntil = (now: Date, { from, to }: QuietHours, timeZone: string): Date | undefined => {
  const [begin, end] = [minutesOf(from), minutesOf(to)]
  const minute = minuteOfDay(now, timeZone)
  if (!isWithin(minute, begin, end)) return undefined
  const left = (end - minute + DAY_MINUTES) % DAY_MINUTES
  const wholeMinute = Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS
  const until = new Date(wholeMinute + left * MINUTE_MS)
  // What the clock was put forward or back on the way; 12 hours at most either way.
  const off = ((minuteOfDay(until, timeZone) - end + DAY_MINUTES * 1.5) % DAY_MINUTES) - DAY_MINUTES / 2
  return new Date(until.getTime() - off * MINUTE_MS)
}

const isWithin = (minute: number, begin: number, end: number): boolean =>
  begin <= end ? begin <= minute && minute < end : minute >= begin || minute < end
