import { createHash } from 'node:crypto'
import type { Cause } from './consequences.ts'

// https://www.w3.org/TR/trace-context/#traceparent-header: version-traceid-parentid-flags, neither id all zeros.
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
const SAMPLED = 1

export const isTraceparent = (given: string | undefined): given is string =>
  given !== undefined && TRACEPARENT.test(given)

/** Whether somebody wants to see the trace; false for what is no `traceparent`. */
export const isSampled = (traceparent: string | undefined): traceparent is string =>
  isTraceparent(traceparent) && (Number.parseInt(traceparent.slice(-2), 16) & SAMPLED) === SAMPLED

/**
 * The `traceparent` of what `who` does because of `id`, within the trace of what brought that about. Deterministic, as
 * all our ids are: who does it again after a crash is in the same span, not in a second one. A trace that nobody wants to
 * see costs nothing: its `traceparent` stays as it is.
 */
export const spanWithin = (traceparent: string, who: string, id: string): string => {
  if (!isSampled(traceparent)) return traceparent
  const digest = createHash('sha256').update(`${who} ${id}`).digest('hex')
  return `${traceparent.slice(0, 36)}${digest.slice(0, 16)}-01`
}

/** The cause as those consequences see it that `who` draws from it: what they bring about is within its span. */
export const causeWithin = (cause: Cause, who: string): Cause =>
  cause.traceparent === undefined ? cause : { ...cause, traceparent: spanWithin(cause.traceparent, who, cause.id) }
