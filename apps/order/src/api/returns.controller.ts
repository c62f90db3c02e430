import { randomUUID } from 'node:crypto'
import { Body, Controller, Get, Inject, Param, Post, Query, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { returnId } from '#libs/contracts'
import { Database } from '#libs/database'
import { readHistory, type StoredEvent } from '#libs/event-store'
import { Problem, parse, Trace } from '#libs/http'
import { IdempotentCommands } from '#libs/idempotency'
import { PersonalData } from '#libs/personal-data'
import { type AsOf, answerOnce, asOfQuery, IdempotencyKey } from '#libs/service'
import type { OrderEvent } from '../domain/order.ts'
import { orders } from '../order-aggregate.ts'
import { notReturned, requestReturn, returnRequest } from './request-return.ts'
import { returnsAnswer } from './return-answer.ts'
import { RETURN_WINDOW_DAYS } from './tokens.ts'
import { orderIdFrom, unknownOrder } from './unknown-order.ts'

/**
 * What a customer sends back. Answered from the order's events, so a return that was answered 202 is never unknown, and as
 * it was at any instant or version of the order's stream.
 */
@Controller('orders/:orderId/returns')
export class ReturnsController {
  constructor(
    private readonly database: Database,
    private readonly commands: IdempotentCommands,
    private readonly personal: PersonalData,
    @Inject(RETURN_WINDOW_DAYS) private readonly windowDays: number,
  ) {}

  @Post()
  async request(
    @Param('orderId') id: string,
    @IdempotencyKey() key: string,
    @Body() body: unknown,
    @Trace() traceparent: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const orderId = orderIdFrom(id)
    const wish = parse(returnRequest, body)
    const { windowDays } = this
    return answerOnce(this.commands, reply, {
      ...{ scope: `POST /orders/${orderId}/returns`, key, body },
      work: requestReturn(this.personal, { ...wish, orderId, returnId: randomUUID(), windowDays, traceparent }),
      problems: (refusal) => notReturned(orderId, refusal),
    })
  }

  @Get()
  async list(@Param('orderId') id: string, @Query() query: unknown) {
    return { items: await this.#returns(orderIdFrom(id), parse(asOfQuery, query).asOf) }
  }

  @Get(':returnId')
  async one(@Param('orderId') id: string, @Param('returnId') given: string, @Query() query: unknown) {
    const wanted = returnId.safeParse(given).data
    const { asOf } = parse(asOfQuery, query)
    const found = (await this.#returns(orderIdFrom(id), asOf)).find(({ returnId }) => returnId === wanted)
    if (found === undefined)
      throw new Problem(404, { type: 'unknown-return', detail: `the order ${id} has no return ${given}${then(asOf)}` })
    return found
  }

  async #returns(orderId: string, asOf: AsOf | undefined) {
    const events = await readHistory(
      this.database,
      orders.decider,
      orders.stream(orderId),
      asOf === undefined ? {} : { asOf },
    )
    if (events.length === 0) throw unknownOrder(orderId)
    return returnsAnswer(events as (StoredEvent & OrderEvent)[])
  }
}

const then = (asOf: AsOf | undefined): string => {
  if (asOf === undefined) return ''
  return typeof asOf === 'number' ? ` at its version ${asOf}` : ` at ${asOf.toISOString()}`
}
