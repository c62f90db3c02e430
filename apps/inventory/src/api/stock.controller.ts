import { Body, Controller, Get, Inject, Param, Post, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { sku as skuSchema } from '#libs/contracts'
import { Database, type Work } from '#libs/database'
import { type Refusal, refuse } from '#libs/decider'
import { Problem, parse, Trace } from '#libs/http'
import { IdempotentCommands, type StoredResponse } from '#libs/idempotency'
import { answerOnce, IdempotencyKey, onRecord } from '#libs/service'
import { available, hasRoomFor, MOST_ON_HAND, type StockLevel } from '../domain/stock.ts'
import { type Receipt, receiptIdFor, receive } from '../receipts.ts'
import { readLevels } from '../sql/read-levels.ts'
import { Warehouse } from '../warehouse.ts'

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
    return { items: (await readLevels(this.database)).map((level) => ({ ...answer(level), name: level.name })) }
  }

  @Get(':sku')
  async one(@Param('sku') sku: string) {
    const [level] = skuSchema.safeParse(sku).success ? await readLevels(this.database, sku) : []
    if (level === undefined) throw unknownSku(sku)
    return { ...answer(level), name: level.name }
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
    return { status: 201, headers: {}, body: { ...receipt, ...answer(level) } }
  },
})

const answer = (level: StockLevel) => ({
  sku: level.sku,
  onHand: level.onHand,
  reserved: level.reserved,
  available: available(level),
})

const problemOf = ({ sku, quantity }: Receipt, { refused, detail }: Refusal<NotReceived>): Problem =>
  refused === 'unknown_sku'
    ? unknownSku(sku)
    : new Problem(422, {
        type: 'warehouse-full',
        title: 'Too many pieces',
        detail: `${quantity} more of ${sku} would be more than ${MOST_ON_HAND}: ${detail}`,
      })

const unknownSku = (sku: string): Problem =>
  new Problem(404, { type: 'unknown-sku', title: 'Unknown product', detail: `no product has the SKU ${sku}` })
