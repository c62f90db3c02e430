/** Where a provider says nothing, or nothing that makes sense, milliseconds. */
const DEFAULT_MS = 1_000
/** Longer than this nobody is believed, milliseconds: a clock may be wrong. */
const LONGEST_MS = 3_600_000

/** What `Retry-After` (RFC 9110) asks for, seconds or a date, as milliseconds from `now`. */
export const retryAfterMs = (header: string | string[] | undefined, now: number): number => {
  const text = (Array.isArray(header) ? header[0] : header)?.trim() ?? ''
  // Date.parse takes much for a date that is none of HTTP's.
  const at = /^[A-Z].* GMT$/.test(text) ? Date.parse(text) : Number.NaN
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : at - now
  return Number.isNaN(ms) ? DEFAULT_MS : Math.min(LONGEST_MS, Math.max(0, ms))
}
