import { type Cause, isSampled, spanWithin } from '#libs/contracts'
import { recordSpan, spanTime } from '#libs/observability'
import type { NewEffect } from './effect.ts'

/** What an effect's outcome brings about is because of the effect, and within its span. */
export const outcomeCause = ({ id, cause }: Pick<NewEffect, 'id' | 'cause'>): Cause => {
  const { traceparent } = cause
  return { ...cause, id, ...(traceparent === undefined ? {} : { traceparent: spanWithin(traceparent, 'effect', id) }) }
}

type Traced = Pick<NewEffect, 'id' | 'kind' | 'cause'>

/** Whether its spans are wanted. */
export const isTraced = ({ cause }: Traced): boolean => isSampled(cause.traceparent)

/** Records one call; `error` is why it got no usable answer. */
export const traceCall = ({ id, kind, cause }: Traced, attempt: number, startedAt: number, error: unknown): void => {
  const parent = outcomeCause({ id, cause }).traceparent!
  recordSpan({
    ...{ traceparent: spanWithin(parent, `attempt ${attempt}`, id), parent, name: `call ${kind}`, kind: 'client' },
    ...{ startedAt, endedAt: spanTime(), error: error === undefined ? undefined : String(error) },
    attributes: {
      'waybill.attempt': attempt,
      'waybill.idempotency_key': id,
      'waybill.correlation_id': cause.correlationId,
    },
  })
}

/** Records the effect whole, from when this process had it to the commit of its outcome. */
export const traceEffect = ({ id, kind, cause }: Traced, startedAt: number): void =>
  recordSpan({
    ...{ traceparent: outcomeCause({ id, cause }).traceparent!, parent: cause.traceparent },
    ...{ name: `effect ${kind}`, kind: 'internal', startedAt, endedAt: spanTime() },
    attributes: { 'waybill.correlation_id': cause.correlationId },
  })
