import { Controller, Get, Inject, Query } from '@nestjs/common'
import { z } from 'zod'
import { Database } from '#libs/database'
import { parse } from '#libs/http'
import { type SagaCard, stages } from '../projections/saga-board/fold.ts'
import { readCards, readStages } from '../sql/read-saga-board.ts'
import { cursor, encodeCursor } from './cursor.ts'
import { served } from './served.ts'

const boardQuery = z.strictObject({
  stage: z.enum(stages).default('accepting'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: cursor.optional(),
})

@Controller('saga-board')
export class SagaBoardController {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** How many orders are on each stage, and the cards of one of them, the earliest placed first. */
  @Get()
  async board(@Query() query: unknown) {
    const { stage, limit, cursor: after } = parse(boardQuery, query)
    const [counts, rows] = await served('saga-board', () =>
      Promise.all([readStages(this.database), readCards(this.database, stage, after, limit + 1)]),
    )
    const ordersOn = new Map(counts.map(({ stage, orders }) => [stage, orders]))
    const items = rows.slice(0, limit)
    const last = items.at(-1)
    return {
      stages: stages.map((name) => ({ stage: name, orders: ordersOn.get(name) ?? 0 })),
      stage,
      items: items.map(({ orderId, state }) => ({ orderId, stage, ...cardAnswer(state) })),
      nextCursor: rows.length > limit && last ? encodeCursor({ at: last.placedAt, id: last.orderId }) : null,
    }
  }
}

const cardAnswer = ({ confirmed: _, returns, ...card }: SagaCard) => ({
  ...card,
  ...(returns && {
    returns: Object.entries(returns).map(([returnId, { status, requestedAt, items = [] }]) => ({
      ...{ returnId, status, requestedAt, items },
    })),
  }),
})
