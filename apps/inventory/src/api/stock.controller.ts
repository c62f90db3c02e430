import { Body, Controller, Get, Inject, Param, Post, Query, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { sku as skuSchema } from '#libs/contracts'
import { Database, type Work } from '#libs/database'
import { type Refusal, refuse } from '#libs/decider'
import { readState } from '#libs/event-store'
import { Problem, parse, Trace } from '#libs/http'
import { IdempotentCommands, type StoredResponse } from '#libs/idempotency'
import { answerOnce, asOfQuery, IdempotencyKey, onRecord } from '#libs/service'
import { stockHistory, stockStream } from '../domain/movements.ts'
import { hasRoomFor, MOST_ON_HAND } from '../domain/stock.ts'
import { type Receipt, receiptIdFor, receive } from '../receipts.ts'
import { readLevels } from '../sql/read-levels.ts'
import { Warehouse } from '../warehouse.ts'
import { levelAnswer, productOf, unknownSku } from './stock-answer.ts'

const receiptRequest = z.strictObject({ quantity: z.int().min(1).max(100_000) })

/** The stock as its owner knows it: reads see every change that was committed before them. */
@Controller('stock')
export class StockController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(IdempotentCommands) private readonly commands: IdempotentCommands,
  ) {}

  @Get()
  async list() {
    const levels = await readLevels(this.database)
    return { items: levels.map(({ sku, name, version, ...level }) => ({ sku, name, ...levelAnswer(level), version })) }
  }

  /** The level as it is, from the table; or as it was, from the product's events. */
  @Get(':sku')
  async one(@Param('sku') given: string, @Query() query: unknown) {
    const { asOf } = parse(asOfQuery, query)
    const { sku, name, version, ...level } = await productOf(this.database, given)
    if (asOf === undefined) return { sku, name, ...levelAnswer(level), version }
    const then = await readState(this.database, stockHistory, stockStream(sku), { asOf })
    if (then === undefined) throw nothingThen(sku)
    return { sku, name, ...levelAnswer(then.state), version: then.version }
  }

  @Post(':sku/receipts')
  async receive(
    @Param('sku') sku: string,
    @IdempotencyKey() key: string,
    @Body() body: unknown,
    @Trace() traceparent: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { quantity } = parse(receiptRequest, body)
    if (!skuSchema.safeParse(sku).success) throw unknownSku(sku)
    const scope = `POST /stock/${sku}/receipts`
    const receipt = { receiptId: receiptIdFor(`${scope} ${key}`), sku, quantity }
    const work = receiveGoods(receipt, traceparent)
    const problems = (refusal: Refusal<NotReceived>) => problemOf(receipt, refusal)
    return answerOnce(this.commands, reply, { scope, key, body, work, problems })
  }
}

type NotReceived = 'unknown_sku' | 'no_room'

const receiveGoods = (receipt: Receipt, traceparent: string): Work<StoredResponse | Refusal<NotReceived>> => ({
  announce: (uow) => uow.part(Warehouse).announceSku(receipt.sku),
  run: async (uow) => {
    const { sku, quantity } = receipt
    const warehouse = uow.part(Warehouse)
    const before = (await warehouse.levels([sku])).get(sku)
    if (before === undefined) return refuse('unknown_sku')
    if (!hasRoomFor(before, quantity)) return refuse('no_room', `${before.onHand} are there`)
    await receive(uow, [receipt], traceparent)
    onRecord(uow, { actor: 'operator', action: 'stock.receive', target: `stock/${sku}`, detail: `${quantity} pieces` })
    const level = (await warehouse.levels([sku])).get(sku)!
    return { status: 201, headers: {}, body: { ...receipt, ...levelAnswer(level) } }
  },
})

const problemOf = ({ sku, quantity }: Receipt, { refused, detail }: Refusal<NotReceived>): Problem =>
  refused === 'unknown_sku'
    ? unknownSku(sku)
    : new Problem(422, {
        type: 'warehouse-full',
        title: 'Too many pieces',
        detail: `${quantity} more of ${sku} would be more than ${MOST_ON_HAND}: ${detail}`,
      })

const nothingThen = (sku: string): Problem =>
  new Problem(404, {
    type: 'no-stock-yet',
    title: 'No stock yet',
    detail: `nothing had happened to ${sku} by then: ask for a later moment, or for its movements`,
  })
