import { Body, Controller, Param, Post, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { orderId } from '#libs/contracts'
import { Actor, Problem, parse, Trace } from '#libs/http'
import { IdempotentCommands } from '#libs/idempotency'
import { answerOnce, IdempotencyKey } from '#libs/service'
import { type AnyStep, allSteps } from '../saga-kinds.ts'
import { notOperated, operateSaga, type SagaRequest, unknownSaga } from './operate-saga.ts'

const reason = z.string().trim().min(1).max(1_000)
const retryRequest = z.strictObject({ reason: reason.optional() }).default({})
const reasonedRequest = z.strictObject({ reason })
const step = z.enum(allSteps)

interface Received {
  readonly id: string
  readonly key: string
  readonly actor: string
  readonly traceparent: string
  readonly body: unknown
  readonly reply: FastifyReply
}

/** What an operator may have a saga do; what of it is possible when is for the saga to say. */
@Controller('sagas/:sagaId')
export class SagaOperationsController {
  constructor(private readonly requests: IdempotentCommands) {}

  @Post('steps/:step/retry')
  retry(
    @Param('sagaId') id: string,
    @Param('step') name: string,
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Trace() traceparent: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { reason } = parse(retryRequest, body ?? undefined)
    const asked = { type: 'retry', step: stepFrom(name) } as const
    return this.#carryOut({ id, key, actor, traceparent, body, reply }, asked, reason)
  }

  @Post('steps/:step/skip')
  skip(
    @Param('sagaId') id: string,
    @Param('step') name: string,
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Trace() traceparent: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { reason } = parse(reasonedRequest, body)
    const asked = { type: 'skip', step: stepFrom(name), reason } as const
    return this.#carryOut({ id, key, actor, traceparent, body, reply }, asked, reason)
  }

  @Post('compensate')
  compensate(
    @Param('sagaId') id: string,
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Trace() traceparent: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { reason } = parse(reasonedRequest, body)
    return this.#carryOut({ id, key, actor, traceparent, body, reply }, { type: 'compensate', reason }, reason)
  }

  #carryOut(received: Received, asked: SagaRequest['asked'], reason?: string) {
    const { id, key, actor, traceparent, body, reply } = received
    const { success, data: sagaId } = orderId.safeParse(id)
    if (!success) throw unknownSaga(id)
    const what = 'step' in asked ? `steps/${asked.step}/${asked.type}` : asked.type
    return answerOnce(this.requests, reply, {
      ...{ scope: `POST /sagas/${sagaId}/${what} ${actor}`, key, body },
      work: operateSaga({ sagaId, actor, reason, asked, traceparent }),
      problems: (refusal) => notOperated(sagaId, refusal),
    })
  }
}

const stepFrom = (name: string): AnyStep => {
  const { success, data } = step.safeParse(name)
  if (!success)
    throw new Problem(404, { type: 'unknown-step', detail: `no step ${name}; there are: ${step.options.join(', ')}` })
  return data
}
