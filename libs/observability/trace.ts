import { randomUUID } from 'node:crypto'

// https://www.w3.org/TR/trace-context/#traceparent-header: version-traceid-parentid-flags, neither id all zeros.
const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/

/**
 * The W3C `traceparent` of a new span: within the caller's trace when it named a valid one, else of a new trace.
 * Whatever the span brings about carries this value on, from the HTTP request to the e-mail.
 */
export const continueTrace = (parent?: string | null): string => {
  const [, traceId, flags] = parent?.match(TRACEPARENT) ?? []
  return `00-${traceId ?? randomHex()}-${randomHex().slice(16)}-${flags ?? '01'}`
}

/** 32 digits, never all zeros: UUIDs come from a store of random numbers, which a few random bytes each time do not. */
const randomHex = (): string => randomUUID().replaceAll('-', '')
