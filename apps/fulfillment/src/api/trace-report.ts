import { isSampled, spanWithin } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { expectSpan, recordSpan, type Span, spanTime } from '#libs/observability'

interface Report {
  readonly eventId: string
  readonly type: string
  readonly orderId: string
  /** Of the booking, as the carrier gives it back; undefined where it does not. */
  readonly traceparent?: string | undefined
}

const CARRIER = 'carrier'

/**
 * The `traceparent` of what follows from a report. A request speaks of many parcels, each of an order with a trace of its
 * own: there the report is a span that links to the request.
 */
export const traceReport = (uow: UnitOfWork, report: Report, request: string): string => {
  const { eventId, type, orderId, traceparent: booking } = report
  if (booking === undefined) return request
  if (!isSampled(booking)) return booking
  const now = spanTime()
  const span: Span = {
    ...{ traceparent: spanWithin(booking, CARRIER, eventId), parent: booking, name: `carrier reports ${type}` },
    ...{ kind: 'internal', startedAt: now, endedAt: now, attributes: { 'waybill.correlation_id': orderId } },
    links: isSampled(request) ? [request] : [],
  }
  expectSpan(span)
  uow.afterCommit(() => recordSpan({ ...span, endedAt: spanTime() }))
  return span.traceparent
}
