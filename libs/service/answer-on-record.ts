import type { FastifyReply } from 'fastify'
import type { UnitOfWork } from '#libs/database'
import type { Refusal } from '#libs/decider'
import type { Problem } from '#libs/http'
import type { IdempotentCommands } from '#libs/idempotency'
import { answerOnce } from './idempotent-request.ts'
import { onRecord } from './on-record.ts'

/** A request to do something to a thing of some kind, and how what came of it is told. */
export interface RecordedRequest<Done extends object, Reason extends string> {
  /** Method and path, which the idempotency key is unique in, for this actor. */
  readonly route: string
  readonly key: string
  readonly actor: string
  readonly body: unknown
  readonly reply: FastifyReply
  /** On the audit trail: `<kind>.<action>`, done to `<kind>/<id>`. */
  readonly kind: string
  readonly action: string
  /** Undefined for what is to be created; `idOf` tells it then. */
  readonly id?: string
  readonly idOf?: (done: Done) => string
  readonly reason: string | undefined
  readonly run: (uow: UnitOfWork) => Promise<Done | Refusal<Reason>>
  readonly status: number
  readonly present: (done: Done) => object
  readonly problems: (refusal: Refusal<Reason>) => Problem
}

/** Carries the request out once, puts it on the audit trail in the same transaction, and answers. */
export const answerOnRecord = <Done extends object, Reason extends string>(
  requests: IdempotentCommands,
  request: RecordedRequest<Done, Reason>,
): Promise<unknown> => {
  const { route, key, actor, body, reply, kind, action, id, idOf, reason, run, status, present, problems } = request
  return answerOnce(requests, reply, {
    ...{ key, body: body ?? null, scope: `${route} ${actor}`, problems },
    work: {
      run: async (uow) => {
        const done = await run(uow)
        const refusal = 'refused' in done ? done : undefined
        const about = id ?? (refusal === undefined ? idOf?.(done as Done) : undefined) ?? 'new'
        const deed = { actor, action: `${kind}.${action}`, target: `${kind}/${about}`, ...(reason && { reason }) }
        onRecord(uow, deed, refusal)
        return refusal ?? { status, headers: {}, body: present(done as Done) }
      },
    },
  })
}
