import { randomUUID } from 'node:crypto'
import { type Cause, Consequences } from '#libs/contracts'
import type { UnitOfWork, Work } from '#libs/database'
import { type Refusal, refuse } from '#libs/decider'
import { Problem } from '#libs/http'
import type { StoredResponse } from '#libs/idempotency'
import { Sagas } from '#libs/saga'
import type { Asked } from '#libs/saga-steps'
import { onRecord } from '#libs/service'
import { announceOrder } from '../order-aggregate.ts'
import { type AnyStep, type SagaRefusal, sagaKinds } from '../saga-kinds.ts'
import { SOURCE } from '../sagas.ts'

/** An operator's request about one saga, whatever its type. */
export interface SagaRequest {
  readonly sagaId: string
  readonly actor: string
  readonly reason?: string | undefined
  readonly asked: Asked<AnyStep>
  readonly traceparent: string
}

type NotOperated = SagaRefusal | 'unknown_step'

/** Has the saga decide about what an operator asks, and puts it on record, refused or not. */
export const operateSaga = (request: SagaRequest): Work<StoredResponse | Refusal<NotOperated>> => {
  const { sagaId, actor, reason, asked } = request
  const step = 'step' in asked ? asked.step : undefined
  return {
    announce: (uow) => {
      for (const kind of sagaKinds) uow.part(Sagas).announce(kind.key(sagaId))
      announceOrder(uow, sagaId)
    },
    run: async (uow) => {
      const refusal = await operate(uow, request)
      const deed = { actor, action: `saga.${asked.type}`, target: `saga/${sagaId}`, ...(reason && { reason }) }
      onRecord(uow, refusal === undefined && step !== undefined ? { ...deed, detail: step } : deed, refusal)
      if (refusal !== undefined) return refusal
      return { status: 202, headers: {}, body: { sagaId, accepted: asked.type, ...(step && { step }) } }
    },
  }
}

const operate = async (
  uow: UnitOfWork,
  { sagaId, actor, asked, traceparent }: SagaRequest,
): Promise<Refusal<NotOperated> | undefined> => {
  for (const kind of sagaKinds) {
    const saga = await uow.part(Sagas).load(kind.key(sagaId))
    if (saga === undefined) continue
    if ('step' in asked && !kind.steps.includes(asked.step))
      return refuse('unknown_step', `a ${kind.type} has no step ${asked.step}; there are: ${kind.steps.join(', ')}`)
    // Not made from the key: one that is used again when it is forgotten is another request, with other commands.
    const cause: Cause = { id: randomUUID(), correlationId: saga.correlationId, traceparent }
    const operation = { ...asked, at: uow.now.toISOString() }
    return kind.operate(uow, new Consequences(cause, SOURCE, uow.now), sagaId, { actor, operation })
  }
  return refuse('unknown_saga')
}

export const notOperated = (sagaId: string, { refused, detail = refused }: Refusal<NotOperated>): Problem => {
  if (refused === 'unknown_saga') return unknownSaga(sagaId)
  if (refused === 'unknown_step') return new Problem(404, { type: 'unknown-step', detail })
  return new Problem(409, {
    type: refused.replaceAll('_', '-'),
    title: 'Not possible as the saga stands',
    detail,
    extensions: { reason: refused },
  })
}

export const unknownSaga = (sagaId: string): Problem =>
  new Problem(404, { type: 'unknown-saga', detail: `no saga ${sagaId}` })
