import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { Database, GroupCommit } from '#libs/database'
import type { Refusal } from '#libs/decider'
import { Actor, Problem, parse } from '#libs/http'
import { IdempotentCommands } from '#libs/idempotency'
import { answerOnRecord, IdempotencyKey, type RecordedRequest } from '#libs/service'
import type { Subscription } from '../../domain/subscriptions/subscription.ts'
import { listDeliveries } from '../sql/list-deliveries.ts'
import { readSubscription, readSubscriptions } from '../sql/read-subscriptions.ts'
import { SubscriptionCommands, type SubscriptionRefusal } from '../subscription-commands.ts'
import { deliveryAnswer, subscriptionAnswer } from './subscription-answer.ts'
import {
  changeOfSubscription,
  confirmation,
  deliveriesQuery,
  newSubscription,
  onlyReason,
} from './subscription-request.ts'

type Asked<Done extends object> = Omit<RecordedRequest<Done, SubscriptionRefusal>, 'kind' | 'problems'>

/** Subscribers of their own: who wants to be told of what, and where. */
@Controller('subscriptions')
export class SubscriptionsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(GroupCommit) private readonly groupCommit: GroupCommit,
    @Inject(IdempotentCommands) private readonly requests: IdempotentCommands,
    @Inject(SubscriptionCommands) private readonly commands: SubscriptionCommands,
  ) {}

  /** All of them, oldest first. */
  @Get()
  async list() {
    return { items: (await readSubscriptions(this.database)).map(subscriptionAnswer) }
  }

  @Get(':id')
  async one(@Param('id') id: string) {
    return subscriptionAnswer(await this.#find(id))
  }

  @Post()
  create(
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const wanted = parse(newSubscription, body)
    return this.#ask<Subscription>({
      ...{ route: 'POST /subscriptions', action: 'create', status: 201, key, actor, body, reply },
      ...{ reason: wanted.reason },
      run: (uow) => this.commands.create(uow, wanted),
      idOf: ({ id }) => id,
      present: subscriptionAnswer,
    })
  }

  @Patch(':id')
  change(
    @Param('id') given: string,
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = known(given)
    const change = parse(changeOfSubscription, body)
    return this.#ask<Subscription>({
      ...{ route: `PATCH /subscriptions/${id}`, action: 'change', status: 200, key, actor, body, reply },
      ...{ id, reason: change.reason },
      run: (uow) => this.commands.change(uow, id, change),
      present: subscriptionAnswer,
    })
  }

  /** A mail address that has not said yes gets another mail, as often as `asking.ts` lets it. */
  @Post(':id/confirmation')
  askAgain(
    @Param('id') given: string,
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = known(given)
    return this.#ask<Subscription>({
      ...{ route: `POST /subscriptions/${id}/confirmation`, action: 'ask-again', status: 202, key, actor, body, reply },
      ...{ id, reason: parse(onlyReason, body ?? undefined).reason },
      run: (uow) => this.commands.askAgain(uow, id),
      present: subscriptionAnswer,
    })
  }

  /** Whoever has read the mail says yes: they are nobody that we know, and the same again changes nothing. */
  @Post('confirm')
  @HttpCode(200)
  async confirm(@Body() body: unknown) {
    const { token } = parse(confirmation, body)
    const done = await this.groupCommit.submit({ run: (uow) => this.commands.confirm(uow, token) })
    if ('refused' in done) throw problemOf(done)
    return { subscriptionId: done.id, state: done.state }
  }

  /** What was owed to it is owed no more; what is on its way arrives. */
  @Delete(':id')
  remove(
    @Param('id') given: string,
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = known(given)
    return this.#ask<{ id: string }>({
      ...{ route: `DELETE /subscriptions/${id}`, action: 'remove', status: 200, key, actor, body, reply },
      ...{ id, reason: parse(onlyReason, body ?? undefined).reason },
      run: (uow) => this.commands.remove(uow, id),
      present: () => ({ subscriptionId: id, removed: true }),
    })
  }

  /** What its webhook is signed with: in no other answer, and in no answer that is kept. */
  @Get(':id/secret')
  async secret(@Param('id') id: string) {
    const { deliver, secrets } = await this.#find(id)
    if (deliver.to !== 'webhook') throw problemOf({ refused: 'not_a_webhook' })
    const now = new Date().toISOString()
    return { items: secrets.filter(({ until }) => until === undefined || until > now) }
  }

  @Post(':id/secret/rotate')
  rotateSecret(
    @Param('id') given: string,
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = known(given)
    return this.#ask<Subscription>({
      ...{
        route: `POST /subscriptions/${id}/secret/rotate`,
        action: 'rotate-secret',
        status: 200,
        key,
        actor,
        body,
        reply,
      },
      ...{ id, reason: parse(onlyReason, body ?? undefined).reason },
      run: (uow) => this.commands.rotateSecret(uow, id),
      present: ({ secrets }) => ({ subscriptionId: id, ...(secrets[1]?.until && { bothUntil: secrets[1].until }) }),
    })
  }

  /** Newest first. */
  @Get(':id/deliveries')
  async deliveries(@Param('id') id: string, @Query() query: unknown) {
    const { state, cursor: before, limit } = parse(deliveriesQuery, query)
    await this.#find(id)
    const rows = await listDeliveries(this.database, id, { state, before, limit })
    return {
      items: rows.map(deliveryAnswer),
      nextCursor: rows.length === limit ? String(rows.at(-1)!.seq) : null,
    }
  }

  @Post(':id/deliveries/:deliveryId/repeat')
  repeat(
    @Param('id') given: string,
    @Param('deliveryId') givenDelivery: string,
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = known(given)
    if (!z.uuid().safeParse(givenDelivery).success) throw problemOf({ refused: 'unknown_delivery' })
    const deliveryId = givenDelivery.toLowerCase()
    const route = `POST /subscriptions/${id}/deliveries/${deliveryId}/repeat`
    return this.#ask<{ deliveryId: string }>({
      ...{ route, action: 'repeat-delivery', status: 202, key, actor, body, reply },
      ...{ id, reason: parse(onlyReason, body ?? undefined).reason },
      run: (uow) => this.commands.repeat(uow, id, deliveryId),
      present: () => ({ subscriptionId: id, deliveryId, state: 'pending' }),
    })
  }

  async #find(given: string): Promise<Subscription> {
    const id = known(given)
    const found = await readSubscription(this.database, id)
    if (found === undefined) throw unknownSubscription(id)
    return found
  }

  #ask<Done extends object>(asked: Asked<Done>) {
    return answerOnRecord(this.requests, { ...asked, kind: 'subscription', problems: problemOf })
  }
}

const known = (id: string): string => {
  if (!z.uuid().safeParse(id).success) throw unknownSubscription(id)
  return id.toLowerCase()
}

const unknownSubscription = (id: string): Problem =>
  problemOf({ refused: 'unknown_subscription', detail: `no subscription ${id} is known` })

const STATUS: Readonly<Record<SubscriptionRefusal, number>> = {
  unknown_subscription: 404,
  unknown_delivery: 404,
  too_many_subscriptions: 409,
  not_a_webhook: 409,
  not_active: 409,
  not_confirming: 409,
  asked_too_often: 429,
  unknown_confirmation: 404,
  confirmation_over: 410,
  not_repeatable: 409,
}

const problemOf = ({ refused, detail }: Refusal<SubscriptionRefusal>): Problem =>
  new Problem(STATUS[refused], { type: refused.replaceAll('_', '-'), ...(detail === undefined ? {} : { detail }) })
