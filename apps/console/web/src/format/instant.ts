/** Instants as people read them: in their own zone, with UTC at hand. */

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const fine = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
})
const dateAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

export const localTime = (at: string | number): string => time.format(new Date(at))
/** To the millisecond, where the order of things matters. */
export const fineTime = (at: string | number): string => fine.format(new Date(at))
export const localDateTime = (at: string | number): string => dateAndTime.format(new Date(at))
/** `2026-11-27 08:05:12.345 UTC`. */
export const utc = (at: string | number): string => `${new Date(at).toISOString().replace('T', ' ').slice(0, -1)} UTC`

/** The time alone for today, else with its date. */
export const shortInstant = (at: string, now: number): string =>
  new Date(at).toDateString() === new Date(now).toDateString() ? localTime(at) : localDateTime(at)
