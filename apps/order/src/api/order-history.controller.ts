import { Controller, Get, Param, Query } from '@nestjs/common'
import { z } from 'zod'
import { Database } from '#libs/database'
import { readHistory } from '#libs/event-store'
import { parse } from '#libs/http'
import { findSaga } from '#libs/saga'
import { type AsOf, asOf, asOfQuery } from '#libs/service'
import { orders } from '../order-aggregate.ts'
import { sagaKindOf } from '../saga-kinds.ts'
import { fulfilment, saga as fulfilmentSaga } from '../sagas.ts'
import { maskedPayment } from './masked-payment.ts'
import { orderAnswer } from './order-answer.ts'
import { sagaAnswer, sagaAsOf } from './saga-answer.ts'
import { orderIdFrom, unknownOrder } from './unknown-order.ts'

const upToQuery = z.strictObject({ upTo: asOf.optional() })

/**
 * What this service remembers of an order, read from its events: never behind, unlike the read models, and as it was at
 * any moment. Before its first event there is no order.
 */
@Controller('orders/:orderId')
export class OrderHistoryController {
  constructor(private readonly database: Database) {}

  @Get()
  async order(@Param('orderId') id: string, @Query() query: unknown) {
    const orderId = orderIdFrom(id)
    const { asOf } = parse(asOfQuery, query)
    const events = await this.#events(orderId, asOf)
    // A version is one of the order; of its saga, what there was in the moment that the order reached it.
    const moment = typeof asOf === 'number' ? events.at(-1)!.at : asOf
    return orderAnswer(events, await this.#sagaEvents(orderId, moment))
  }

  @Get('events')
  async events(@Param('orderId') id: string, @Query() query: unknown) {
    const orderId = orderIdFrom(id)
    const events = await this.#events(orderId, parse(upToQuery, query).upTo)
    return {
      items: events.map(({ version, type, dataVersion, at, data, metadata }) => ({
        ...{ version, type, dataVersion, at, metadata },
        data: maskedPayment(data),
      })),
    }
  }

  @Get('saga')
  async saga(@Param('orderId') id: string, @Query() query: unknown) {
    const orderId = orderIdFrom(id)
    const { asOf } = parse(asOfQuery, query)
    const events = await this.#sagaEvents(orderId, asOf)
    if (events.length === 0) throw unknownOrder(orderId)
    if (asOf !== undefined) return sagaAsOf(sagaKindOf(fulfilmentSaga.type), orderId, events)
    const saga = await findSaga(this.database, fulfilment.key(orderId))
    if (saga === undefined) throw unknownOrder(orderId)
    return sagaAnswer(saga, events)
  }

  async #events(orderId: string, asOf: AsOf | undefined) {
    const events = await readHistory(
      this.database,
      orders.decider,
      orders.stream(orderId),
      asOf === undefined ? {} : { asOf },
    )
    if (events.length === 0) throw unknownOrder(orderId)
    return events
  }

  #sagaEvents(orderId: string, asOf: AsOf | undefined) {
    return readHistory(
      this.database,
      fulfilmentSaga.decider,
      fulfilmentSaga.stream(orderId),
      asOf === undefined ? {} : { asOf },
    )
  }
}
