import { type Cause, isSampled, spanWithin } from '#libs/contracts'
import { recordSpan, type Span, spanTime } from '#libs/observability'
import type { Effect, NewEffect } from './effect.ts'

/** What an effect's outcome brings about is because of the effect, and within its span. */
export const outcomeCause = ({ id, cause }: Pick<NewEffect, 'id' | 'cause'>): Cause => {
  const { traceparent } = cause
  return { ...cause, id, ...(traceparent === undefined ? {} : { traceparent: spanWithin(traceparent, 'effect', id) }) }
}

type Traced = Pick<NewEffect, 'id' | 'kind' | 'cause'>

/** Whether its spans are wanted. */
export const isTraced = ({ cause }: Traced): boolean => isSampled(cause.traceparent)

/** The `traceparent` of the call that is made next, for whoever is called. */
export const callTrace = ({ id, cause, attempts }: Pick<Effect, 'id' | 'cause' | 'attempts'>): string | undefined => {
  const { traceparent } = outcomeCause({ id, cause })
  return traceparent === undefined ? undefined : spanWithin(traceparent, `attempt ${attempts + 1}`, id)
}

/** Records one call; `error` is why it got no usable answer. */
export const traceCall = (effect: Traced & Pick<Effect, 'attempts'>, startedAt: number, error: unknown): void => {
  const { id, kind, cause, attempts } = effect
  const parent = outcomeCause({ id, cause }).traceparent
  recordSpan({
    ...{ traceparent: callTrace(effect)!, parent, name: `call ${kind}`, kind: 'client' },
    ...{ startedAt, endedAt: spanTime(), error: error === undefined ? undefined : String(error) },
    attributes: {
      'waybill.attempt': attempts + 1,
      'waybill.idempotency_key': id,
      'waybill.correlation_id': cause.correlationId,
    },
  })
}

/** The effect whole, from when this process had it to now: about to record its outcome, or done with that. */
export const effectSpan = ({ id, kind, cause }: Traced, startedAt: number): Span => ({
  ...{ traceparent: outcomeCause({ id, cause }).traceparent!, parent: cause.traceparent },
  ...{ name: `effect ${kind}`, kind: 'internal', startedAt, endedAt: spanTime() },
  attributes: { 'waybill.correlation_id': cause.correlationId },
})
