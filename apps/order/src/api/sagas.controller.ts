import { Controller, Get, Query } from '@nestjs/common'
import { Database } from '#libs/database'
import { parse } from '#libs/http'
import { countSagas, listSagas, sagaStatuses } from '#libs/saga'
import { sagaSummary } from './saga-answer.ts'
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
}
