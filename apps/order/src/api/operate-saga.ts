import { randomUUID } from 'node:crypto'
import { type Cause, Consequences } from '#libs/contracts'
import type { Work } from '#libs/database'
import type { Refusal } from '#libs/decider'
import { Problem } from '#libs/http'
import type { StoredResponse } from '#libs/idempotency'
import { onRecord } from '#libs/service'
import { type Asked, type OperationRefusal, operate } from '../domain/operate.ts'
import { fulfilment, SOURCE } from '../sagas.ts'

/** An operator's request about the saga of one order. */
export interface SagaRequest {
  readonly orderId: string
  readonly actor: string
  readonly reason?: string | undefined
  readonly asked: Asked
  readonly traceparent: string
}

export type SagaRefusal = OperationRefusal | 'unknown_saga'

/** Has the saga decide about what an operator asks, and puts it on record, refused or not. */
export const operateSaga = (request: SagaRequest): Work<StoredResponse | Refusal<SagaRefusal>> => {
  const { orderId, actor, reason, asked, traceparent } = request
  const step = 'step' in asked ? asked.step : undefined
  // Not made from the key: one that is used again when it is forgotten is another request, with other commands.
  const cause: Cause = { id: randomUUID(), correlationId: orderId, traceparent }
  return {
    announce: (uow) => fulfilment.announce(uow, orderId),
    run: async (uow) => {
      const operation = { ...asked, at: uow.now.toISOString() }
      const refusal = await fulfilment.operate(uow, new Consequences(cause, SOURCE, uow.now), orderId, {
        actor,
        decide: (state) => operate(state, operation),
      })
      const deed = { actor, action: `saga.${asked.type}`, target: `saga/${orderId}`, ...(reason && { reason }) }
      onRecord(uow, refusal === undefined && step !== undefined ? { ...deed, detail: step } : deed, refusal)
      if (refusal !== undefined) return refusal
      return { status: 202, headers: {}, body: { sagaId: orderId, accepted: asked.type, ...(step && { step }) } }
    },
  }
}

export const notOperated = (orderId: string, { refused, detail = refused }: Refusal<SagaRefusal>): Problem =>
  refused === 'unknown_saga'
    ? unknownSaga(orderId)
    : new Problem(409, {
        type: refused.replaceAll('_', '-'),
        title: 'Not possible as the saga stands',
        detail,
        extensions: { reason: refused },
      })

export const unknownSaga = (sagaId: string): Problem =>
  new Problem(404, { type: 'unknown-saga', detail: `no saga ${sagaId}` })
