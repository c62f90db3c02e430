import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import type { Work } from '#libs/database'
import type { Refusal } from '#libs/decider'
import { Problem } from '#libs/http'
import {
  fingerprint,
  type IdempotentCommands,
  InvalidIdempotencyKey,
  parseIdempotencyKey,
  type StoredResponse,
} from '#libs/idempotency'

/** Controller parameter: the request's idempotency key; without a usable one the request is answered 400. */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | string[] | undefined> }>()
  let detail = 'this request needs an Idempotency-Key header'
  try {
    const key = parseIdempotencyKey(headers['idempotency-key'])
    if (key !== undefined) return key
  } catch (error) {
    if (!(error instanceof InvalidIdempotencyKey)) throw error
    detail = error.message
  }
  throw new Problem(400, { type: 'idempotency-key', title: 'Idempotency-Key missing or malformed', detail })
})

/** A request that is carried out once, and how its refusals are told. */
export interface OnceRequest<Reason extends string = never> {
  /** What the key is unique in: the route, and whoever calls. */
  readonly scope: string
  readonly key: string
  /** As it was sent: what we make of a body may change from one version to the next, and is no other request for that. */
  readonly body: unknown
  readonly work: Work<StoredResponse | Refusal<Reason>>
  /** How a refusal is told; only for a work that may refuse. */
  readonly problems?: (refusal: Refusal<Reason>) => Problem
}

/** Carries the request out, or answers what it was answered before; the response's body is for the controller to return. */
export const answerOnce = async <Reason extends string = never>(
  commands: IdempotentCommands,
  reply: FastifyReply,
  { scope, key, body, work, problems }: OnceRequest<Reason>,
): Promise<unknown> => {
  const outcome = await commands.execute({ scope, key, fingerprint: fingerprint(body) }, work)
  switch (outcome.kind) {
    case 'refused':
      throw problems?.(outcome.refusal) ?? new Problem(409, { type: outcome.refusal.refused })
    case 'conflict':
      throw new Problem(409, { type: 'request-in-progress', detail: 'a request with this key is being carried out' })
    case 'mismatch':
      throw new Problem(422, { type: 'idempotency-key-reused', detail: 'the key was used for another body' })
    default: {
      const { status, headers, body: answer } = outcome.response
      reply.status(status).headers({ ...headers })
      return answer
    }
  }
}
