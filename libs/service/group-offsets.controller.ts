import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { Database, GroupCommit, type UnitOfWork } from '#libs/database'
import type { Refusal } from '#libs/decider'
import { Actor, InFlightLimit, Problem, parse } from '#libs/http'
import { IdempotentCommands } from '#libs/idempotency'
import { activeGroup, GroupOffsets, type OffsetReset, type ResetPlan, type ResetRefusal } from '#libs/messaging'
import { answerOnce, IdempotencyKey } from './idempotent-request.ts'
import { onRecord } from './on-record.ts'

const offset = z.int().min(0).max(Number.MAX_SAFE_INTEGER)
const resetRequest = z
  .strictObject({
    topic: z.string().min(1).max(249),
    partitions: z.array(z.int().min(0).max(1_000_000)).min(1).max(1_024).optional(),
    to: z.union([
      z.enum(['earliest', 'latest', 'forgotten']),
      z.strictObject({ offset }),
      z.strictObject({ at: z.iso.datetime({ offset: true }) }),
    ]),
    /** Only says what would be done. */
    dryRun: z.boolean().default(false),
    reason: z.string().trim().min(1).max(1_000).optional(),
  })
  .refine(({ dryRun, reason }) => dryRun || reason !== undefined, {
    path: ['reason'],
    error: 'is required: say why, for the audit trail',
  })
  .refine(({ to, partitions }) => to !== 'forgotten' || partitions === undefined, {
    path: ['partitions'],
    error: 'a topic is forgotten as a whole',
  })

/** Each asks Kafka over connections of its own. */
const MOST_AT_ONCE = 4

/** Offsets of groups, consumer and share, of whomever; the gateway asks a service that is not the group's own. */
@Controller('internal/groups/:group/offsets')
export class GroupOffsetsController {
  readonly #requests: IdempotentCommands
  readonly #limit = new InFlightLimit(MOST_AT_ONCE, 'the reset of offsets')

  constructor(
    @Inject(GroupOffsets) private readonly offsets: GroupOffsets,
    @Inject(GroupCommit) private readonly groupCommit: GroupCommit,
    @Inject(Database) database: Database,
  ) {
    // Kafka is asked within the transaction that keeps the answer, so nobody else's work may be in it.
    this.#requests = new IdempotentCommands({ groupCommit: new GroupCommit(database) })
  }

  @Post()
  @HttpCode(200)
  async reset(
    @Param('group') groupId: string,
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { dryRun, reason, ...asked } = parse(resetRequest, body)
    const reset = { groupId, ...asked }
    return this.#limit.run<unknown>(() =>
      dryRun
        ? this.#preview(reset)
        : answerOnce(this.#requests, reply, {
            ...{ scope: `POST /groups/${groupId}/offsets ${actor}`, key, body, problems: problemOf },
            work: { run: (uow) => this.#carryOut(uow, reset, actor, reason!) },
          }),
    )
  }

  async #preview(reset: OffsetReset) {
    const plan = await this.offsets.plan(reset)
    if ('refused' in plan) throw problemOf(plan)
    return { ...plan, dryRun: true }
  }

  /**
   * It is on record before Kafka is told, in a transaction of its own: what was done is never missing there, whatever
   * breaks off afterwards. A repetition sets the same offsets again.
   */
  async #carryOut(uow: UnitOfWork, reset: OffsetReset, actor: string, reason: string) {
    const deed = { actor, action: 'group.reset-offsets', target: `group/${reset.groupId}`, reason }
    const plan = await this.offsets.plan(reset)
    let refusal = refusalOf(plan)
    if (refusal === undefined && !('refused' in plan)) {
      const detail = changesOf(plan)
      await this.groupCommit.submit({ run: async (before) => onRecord(before, { ...deed, detail }) })
      refusal = await this.offsets.commit(plan)
    }
    if (refusal !== undefined) {
      onRecord(uow, deed, refusal)
      return refusal
    }
    return { status: 200, headers: {}, body: { ...plan, dryRun: false } }
  }
}

const refusalOf = (plan: ResetPlan | Refusal<ResetRefusal>): Refusal<ResetRefusal> | undefined => {
  if ('refused' in plan) return plan
  return plan.members.length === 0 ? undefined : activeGroup(plan.groupId, plan.members.join(', '))
}

const changesOf = ({ topic, partitions }: ResetPlan): string =>
  `${topic}: ${partitions.map(({ partition, from, to }) => `${partition}: ${from ?? 'nothing'} to ${to ?? 'nothing'}`).join(', ')}`

const STATUS = { unknown_group: 404, unknown_topic: 404, unknown_partition: 404, group_active: 409 } as const

const problemOf = ({ refused, detail }: Refusal<ResetRefusal>): Problem =>
  new Problem(STATUS[refused], {
    type: refused.replaceAll('_', '-'),
    ...(detail === undefined ? {} : { detail }),
    extensions: { reason: refused },
  })
