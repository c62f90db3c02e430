import { Controller, Get, Param, Query } from '@nestjs/common'
import { orderId } from '#libs/contracts'
import { Database } from '#libs/database'
import { readHistory } from '#libs/event-store'
import { parse } from '#libs/http'
import { countSagas, findSaga, listSagas, sagaStatuses } from '#libs/saga'
import { asOfQuery } from '#libs/service'
import { sagaKinds } from '../saga-kinds.ts'
import { unknownSaga } from './operate-saga.ts'
import { sagaAnswer, sagaAsOf, sagaSummary } from './saga-answer.ts'
import { encodeCursor, filterOf, sagaFilter, sagaPage } from './saga-query.ts'

@Controller('sagas')
export class SagasController {
  constructor(private readonly database: Database) {}

  /** Sagas, youngest first; `nextCursor` is null on the last page. */
  @Get()
  async list(@Query() query: unknown) {
    const { limit, cursor, ...filter } = parse(sagaPage, query)
    const sagas = await listSagas(this.database, { ...filterOf(filter), after: cursor, limit: limit + 1 })
    const page = sagas.slice(0, limit)
    return {
      items: page.map(sagaSummary),
      nextCursor: sagas.length > limit ? encodeCursor(page.at(-1)!) : null,
    }
  }

  /** How many there are in each state, those with none included. */
  @Get('counts')
  async counts(@Query() query: unknown) {
    const counted = await countSagas(this.database, filterOf(parse(sagaFilter, query)))
    const items = sagaStatuses.map((state) => ({
      state,
      count: counted.find(({ status }) => status === state)?.count ?? 0,
    }))
    return { items, total: items.reduce((sum, { count }) => sum + count, 0) }
  }

  /** One saga, step by step, as it is or was: an order's by the order's id, a return's by the return's. */
  @Get(':sagaId')
  async one(@Param('sagaId') given: string, @Query() query: unknown) {
    const { success, data: sagaId } = orderId.safeParse(given)
    const { asOf } = parse(asOfQuery, query)
    for (const kind of success ? sagaKinds : []) {
      const saga = await findSaga(this.database, kind.key(sagaId!))
      if (saga === undefined) continue
      const events = await readHistory(
        this.database,
        kind.evolution,
        kind.stream(sagaId!),
        asOf === undefined ? {} : { asOf },
      )
      if (asOf === undefined) return sagaAnswer(saga, events)
      if (events.length > 0) return sagaAsOf(kind, sagaId!, events)
    }
    throw unknownSaga(given)
  }
}
