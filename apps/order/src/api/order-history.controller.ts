import { Controller, Get, Param } from '@nestjs/common'
import { Database } from '#libs/database'
import { readStream } from '#libs/event-store'
import { findSaga } from '#libs/saga'
import { orders } from '../order-aggregate.ts'
import { fulfilment, saga as fulfilmentSaga } from '../sagas.ts'
import { maskedPayment } from './masked-payment.ts'
import { orderAnswer } from './order-answer.ts'
import { sagaAnswer } from './saga-answer.ts'
import { orderIdFrom, unknownOrder } from './unknown-order.ts'

/** What this service remembers of an order, read from its events: never behind, unlike the read models. */
@Controller('orders/:orderId')
export class OrderHistoryController {
  constructor(private readonly database: Database) {}

  @Get()
  async order(@Param('orderId') id: string) {
    const orderId = orderIdFrom(id)
    const events = await this.#events(orderId)
    return orderAnswer(events, await readStream(this.database, fulfilmentSaga.stream(orderId)))
  }

  @Get('events')
  async events(@Param('orderId') id: string) {
    const events = await this.#events(orderIdFrom(id))
    return {
      items: events.map(({ version, type, at, data, metadata }) => ({
        ...{ version, type, at, metadata },
        data: maskedPayment(data),
      })),
    }
  }

  @Get('saga')
  async saga(@Param('orderId') id: string) {
    const orderId = orderIdFrom(id)
    const saga = await findSaga(this.database, fulfilment.key(orderId))
    if (saga === undefined) throw unknownOrder(orderId)
    return sagaAnswer(saga, await readStream(this.database, fulfilmentSaga.stream(orderId)))
  }

  async #events(orderId: string) {
    const events = await readStream(this.database, orders.stream(orderId))
    if (events.length === 0) throw unknownOrder(orderId)
    return events
  }
}
