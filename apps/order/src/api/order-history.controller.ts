import { Controller, Get, Param } from '@nestjs/common'
import { orderId as orderIdSchema } from '#libs/contracts'
import { Database } from '#libs/database'
import { readStream } from '#libs/event-store'
import { findSaga } from '#libs/saga'
import { orders } from '../order-aggregate.ts'
import { fulfilment, saga as fulfilmentSaga } from '../sagas.ts'
import { orderAnswer } from './order-answer.ts'
import { sagaAnswer } from './saga-answer.ts'
import { unknownOrder } from './unknown-order.ts'

/** What this service remembers of an order, read from its events: never behind, unlike the read models. */
@Controller('orders/:orderId')
export class OrderHistoryController {
  constructor(private readonly database: Database) {}

  @Get()
  async order(@Param('orderId') orderId: string) {
    const events = await this.#events(orderId)
    return orderAnswer(events, await readStream(this.database, fulfilmentSaga.stream(orderId)))
  }

  @Get('events')
  async events(@Param('orderId') orderId: string) {
    const events = await this.#events(orderId)
    return { items: events.map(({ version, type, at, data, metadata }) => ({ version, type, at, data, metadata })) }
  }

  @Get('saga')
  async saga(@Param('orderId') orderId: string) {
    const saga = orderIdSchema.safeParse(orderId).success
      ? await findSaga(this.database, fulfilment.key(orderId))
      : undefined
    if (saga === undefined) throw unknownOrder(orderId)
    return sagaAnswer(saga, await readStream(this.database, fulfilmentSaga.stream(orderId)))
  }

  async #events(orderId: string) {
    const known = orderIdSchema.safeParse(orderId).success
    const events = known ? await readStream(this.database, orders.stream(orderId)) : []
    if (events.length === 0) throw unknownOrder(orderId)
    return events
  }
}
