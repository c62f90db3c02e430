import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { uuidFrom } from '#libs/contracts'
import { Database, type UnitOfWork } from '#libs/database'
import type { Refusal } from '#libs/decider'
import { Actor, Problem, parse } from '#libs/http'
import { IdempotentCommands } from '#libs/idempotency'
import {
  countParked,
  findParked,
  findRedrive,
  hasMaskedToken,
  KafkaBatchServer,
  listParked,
  ParkedCommands,
  type ParkedRefusal,
  parkedFilter,
} from '#libs/messaging'
import { answerOnce, IdempotencyKey } from './idempotent-request.ts'
import { onRecord } from './on-record.ts'
import { page, pageOf } from './page.ts'
import { presentParked, presentRecord, presentRedrive } from './parked-answer.ts'
import { SERVICE } from './tokens.ts'

const reason = z.string().trim().min(1).max(1_000)
const discardRequest = z.strictObject({ reason })
const retryRequest = z.strictObject({ reason: reason.optional() }).default({})
const amendRequest = z.strictObject({
  value: z
    .string()
    .max(900_000)
    .refine((value) => !hasMaskedToken(value), 'the payment token in it is masked; write the real one')
    .optional(),
  headers: z.record(z.string().min(1).max(249), z.string().max(10_000).nullable()).optional(),
  reason,
})
const redriveRequest = z.strictObject({ filter: parkedFilter.omit({ status: true }).default({}), reason })

const id = z.string().regex(/^\d{1,18}$/, 'the id of a parked message')

/** What this service has parked, and what a person may do about it; the gateway gathers it from all services. */
@Controller('internal/parked')
export class ParkedController {
  readonly #commands: ParkedCommands

  constructor(
    @Inject(SERVICE) private readonly service: string,
    @Inject(Database) private readonly database: Database,
    @Inject(IdempotentCommands) private readonly requests: IdempotentCommands,
    @Inject(KafkaBatchServer) private readonly consumer: KafkaBatchServer,
  ) {
    this.#commands = new ParkedCommands(service)
  }

  @Get()
  async list(@Query() query: unknown) {
    const { cursor, limit, ...filter } = parse(z.strictObject({ ...page, ...parkedFilter.shape }), query)
    const parked = await listParked(this.database, this.service, filter, BigInt(cursor), limit)
    return pageOf(parked, limit, presentParked)
  }

  @Get('counts')
  async counts(@Query() query: unknown) {
    return { items: await countParked(this.database, this.service, parse(parkedFilter, query)) }
  }

  @Get('redrives/:id')
  async redrive(@Param('id') redriveId: string) {
    const redrive = await findRedrive(this.database, this.service, redriveId)
    if (redrive === undefined)
      throw new Problem(404, { type: 'unknown-operation', detail: `no operation ${redriveId}` })
    return presentRedrive(redrive)
  }

  @Get(':id')
  async one(@Param('id') given: string) {
    const record = id.safeParse(given).success
      ? await findParked(this.database, this.service, BigInt(given))
      : undefined
    if (record === undefined) throw problemOf({ refused: 'unknown_message' })
    return presentRecord(record)
  }

  @Post('redrive')
  async startRedrive(
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { filter, reason } = parse(redriveRequest, body)
    // The gateway asks every service with the same key: one operation.
    const operationId = uuidFrom(`redrive ${actor} ${key}`)
    return answerOnce(this.requests, reply, {
      ...{ scope: `POST /parked/redrive ${actor}`, key, body },
      work: {
        run: async (uow) => {
          const total = await this.#commands.redrive(uow, { id: operationId, actor, reason, filter })
          const target = `operation/${operationId}`
          onRecord(uow, {
            actor,
            action: 'parked.redrive',
            target,
            reason,
            outcome: 'done',
            detail: `${total} messages`,
          })
          uow.afterCommit(() => this.consumer.wakeRetries())
          return { status: 202, headers: {}, body: { operationId, total } }
        },
      },
    })
  }

  @Post(':id/retry')
  @HttpCode(202)
  retry(
    @Param('id') given: string,
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { reason } = parse(retryRequest, body ?? undefined)
    return this.#work('retry', { given, key, actor, body, reply, reason }, (uow, parkedId) =>
      this.#commands.retry(uow, parkedId, actor),
    )
  }

  @Post(':id/discard')
  discard(
    @Param('id') given: string,
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { reason } = parse(discardRequest, body)
    return this.#work('discard', { given, key, actor, body, reply, reason }, (uow, parkedId) =>
      this.#commands.discard(uow, parkedId, actor),
    )
  }

  @Post(':id/amend')
  amend(
    @Param('id') given: string,
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { reason, ...correction } = parse(amendRequest, body)
    return this.#work('amend', { given, key, actor, body, reply, reason }, (uow, parkedId) =>
      this.#commands.amend(uow, parkedId, actor, correction),
    )
  }

  /** One command on one message, carried out once and put on record, refused or not. */
  async #work(
    action: string,
    request: {
      readonly given: string
      readonly key: string
      readonly actor: string
      readonly body: unknown
      readonly reply: FastifyReply
      readonly reason?: string | undefined
    },
    command: (uow: UnitOfWork, parkedId: bigint) => Promise<Refusal<ParkedRefusal> | undefined>,
  ) {
    const { given, key, actor, body, reply, reason } = request
    if (!id.safeParse(given).success) throw problemOf({ refused: 'unknown_message' })
    return answerOnce(this.requests, reply, {
      ...{ scope: `POST /parked/${this.service}/${given}/${action} ${actor}`, key, body, problems: problemOf },
      work: {
        run: async (uow) => {
          const refusal = await command(uow, BigInt(given))
          const target = `parked/${this.service}/${given}`
          onRecord(uow, { actor, action: `parked.${action}`, target, ...(reason && { reason }) }, refusal)
          if (refusal !== undefined) return refusal
          uow.afterCommit(() => this.consumer.wakeRetries())
          return { status: 202, headers: {}, body: { id: given, service: this.service, accepted: action } }
        },
      },
    })
  }
}

const problemOf = ({ refused, detail }: Refusal<ParkedRefusal>): Problem => {
  const status = { unknown_message: 404, already_settled: 409, waits_in_line: 409, nothing_amended: 400 }[refused]
  return new Problem(status, {
    type: refused.replaceAll('_', '-'),
    ...(detail === undefined ? {} : { detail }),
    extensions: { reason: refused },
  })
}
