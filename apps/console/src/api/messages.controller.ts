import { Controller, Get, Inject, Param } from '@nestjs/common'
import { orderId } from '#libs/contracts'
import { InFlightLimit, Problem } from '#libs/http'
import { TopicReader } from '#libs/messaging'
import { Forwarder, READ } from '../forwarder.ts'
import { orderMessages } from '../messages/order-messages.ts'

interface OrderAnswer {
  readonly orderId: string
  readonly customerId: string
  readonly placedAt: string
  readonly updatedAt?: string
  readonly timeline?: readonly { readonly at: string }[]
}
interface SagaAnswer {
  readonly updatedAt: string
  readonly steps: readonly { readonly startedAt: string; readonly endedAt: string | null }[]
}

/** Each may read thousands of records of others on its way. */
const MOST_AT_ONCE = 8

/** What lies in the topics, read from them. */
@Controller('api')
export class MessagesController {
  readonly #limit = new InFlightLimit(MOST_AT_ONCE, 'the reading of topics')

  constructor(
    @Inject(Forwarder) private readonly forwarder: Forwarder,
    @Inject(TopicReader) private readonly reader: TopicReader,
  ) {}

  /** The messages of one order with their partitions and offsets, in the order in which they were published. */
  @Get('orders/:orderId/messages')
  async ofOrder(@Param('orderId') id: string) {
    const known = orderId.safeParse(id)
    if (!known.success) throw new Problem(404, { type: 'unknown-order', detail: `no order ${id}` })
    return this.#limit.run(() => this.#messages(known.data))
  }

  async #messages(id: string) {
    const [order, saga] = await Promise.all([this.#order(id), this.#saga(id)])
    const instants = [
      order.placedAt,
      order.updatedAt,
      ...(order.timeline ?? []).map(({ at }) => at),
      ...(saga?.steps ?? []).flatMap(({ startedAt, endedAt }) => [startedAt, endedAt]),
      saga?.updatedAt,
    ].filter((at) => typeof at === 'string')
    const traces = { orderId: order.orderId, customerId: order.customerId, instants }
    return orderMessages(this.reader, traces).catch((error: Error) => {
      throw new Problem(503, { type: 'unavailable', detail: `the topics cannot be read right now: ${error.message}` })
    })
  }

  /** As its owner has it when the read model does not know it yet. */
  async #order(id: string): Promise<OrderAnswer> {
    const path = `/orders/${id}`
    return this.forwarder.get<OrderAnswer>('query', path, READ).catch(async () => {
      const { status, body } = await this.forwarder.forward('order', { method: 'GET', path, headers: {} }, READ)
      const answer = JSON.parse(body.toString('utf8')) as OrderAnswer & { type?: string; detail?: string }
      if (status >= 400) throw new Problem(status, { type: 'unknown-order', detail: answer.detail ?? `no order ${id}` })
      return answer
    })
  }

  /** An order that coordinates itself has none. */
  #saga(id: string): Promise<SagaAnswer | undefined> {
    return this.forwarder.get<SagaAnswer>('order', `/orders/${id}/saga`, READ).catch(() => undefined)
  }
}
