import { Body, Controller, Get, HttpCode, Inject, Post, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { Database, type UnitOfWork } from '#libs/database'
import { type Refusal, refuse } from '#libs/decider'
import { Actor, Problem, parse } from '#libs/http'
import { IdempotentCommands } from '#libs/idempotency'
import { answerOnRecord, IdempotencyKey } from '#libs/service'
import { cancelRebuild, readRebuild, requestRebuild } from '../sql/rebuilds.ts'
import { readServedGeneration } from '../sql/served-generation.ts'
import { Rebuilder } from './rebuilder.ts'

type Reason = 'rebuild_under_way' | 'no_rebuild'
interface Accepted {
  readonly generation: number
}

const reason = z.string().trim().min(1).max(1_000).optional()
const request = z.strictObject({ source: z.enum(['archive', 'topic']).optional(), reason }).default({})
const cancellation = z.strictObject({ reason }).default({})
const LOCATION = '/api/analytics/rebuild'

/** Everything that was counted, computed anew beside the running topology, and then served in its place. */
@Controller('analytics/rebuild')
export class RebuildController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(IdempotentCommands) private readonly requests: IdempotentCommands,
    @Inject(Rebuilder) private readonly rebuilder: Rebuilder,
  ) {}

  @Get()
  async look() {
    const [rebuild, { generation }] = await Promise.all([
      readRebuild(this.database),
      readServedGeneration(this.database),
    ])
    return { sources: this.rebuilder.sources, served: generation, ...(rebuild !== undefined && { rebuild }) }
  }

  @Post()
  @HttpCode(202)
  rebuild(
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { source = this.rebuilder.sources[0]!, reason } = parse(request, body ?? undefined)
    if (!this.rebuilder.sources.includes(source))
      throw new Problem(501, { type: 'not-archived', detail: 'no archive is kept (ARCHIVE)' })
    const run = async (uow: UnitOfWork): Promise<Accepted | Refusal<Reason>> => {
      const generation = await requestRebuild(uow, source)
      return generation === undefined ? refuse('rebuild_under_way', 'one rebuild at a time') : { generation }
    }
    return this.#ask('rebuild', { key, actor, body, reply, reason, run })
  }

  @Post('cancel')
  @HttpCode(202)
  cancel(
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { reason } = parse(cancellation, body ?? undefined)
    const run = async (uow: UnitOfWork): Promise<Accepted | Refusal<Reason>> => {
      const generation = await cancelRebuild(uow)
      return generation === undefined ? refuse('no_rebuild', 'no rebuild is under way') : { generation }
    }
    return this.#ask('cancel', { key, actor, body, reply, reason, run })
  }

  #ask(
    action: 'rebuild' | 'cancel',
    asked: {
      readonly key: string
      readonly actor: string
      readonly body: unknown
      readonly reply: FastifyReply
      readonly reason: string | undefined
      readonly run: (uow: UnitOfWork) => Promise<Accepted | Refusal<Reason>>
    },
  ) {
    return answerOnRecord<Accepted, Reason>(this.requests, {
      ...asked,
      ...{ route: `POST /analytics/${action}`, kind: 'analytics', action, status: 202, problems: problemOf },
      idOf: ({ generation }) => String(generation),
      run: async (uow) => {
        uow.afterCommit(() => this.rebuilder.wake())
        return asked.run(uow)
      },
      present: ({ generation }) => ({ generation, accepted: action, location: LOCATION }),
    })
  }
}

const problemOf = ({ refused, detail }: Refusal<Reason>): Problem =>
  new Problem(409, { type: refused.replaceAll('_', '-'), ...(detail !== undefined && { detail }) })
