import { randomUUID } from 'node:crypto'
import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { GroupCommit } from '#libs/database'
import { parse, Trace } from '#libs/http'
import { IdempotentCommands } from '#libs/idempotency'
import { PersonalData } from '#libs/personal-data'
import { Sealer } from '#libs/sealing'
import { answerOnce, IdempotencyKey } from '#libs/service'
import type { OrderDetails } from '../domain/order.ts'
import type { Catalogue } from '../domain/pricing.ts'
import { withKey } from './announce-key.ts'
import { cancelOrder, notCancelled } from './cancel-order.ts'
import { holdToQuote, notHeld } from './hold-to-quote.ts'
import { orderDetails, orderRequest, placeOrder } from './place-order.ts'
import { sealingFor } from './sealing-for.ts'
import { CATALOGUE } from './tokens.ts'
import { orderIdFrom } from './unknown-order.ts'

@Controller('orders')
export class OrdersController {
  constructor(
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
    private readonly tokens: Sealer,
    private readonly personal: PersonalData,
    private readonly commands: IdempotentCommands,
    private readonly groupCommit: GroupCommit,
  ) {}

  @Post()
  async place(
    @IdempotencyKey() key: string,
    @Body() body: unknown,
    @Trace() traceparent: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const request = parse(orderRequest, body)
    const { catalogue, tokens } = this
    const personal = await sealingFor(this.personal, request.customerId)
    const details = orderDetails(request, randomUUID(), { catalogue, tokens, personal })
    const { quoteId } = request
    const place = (as: OrderDetails) => placeOrder(as, traceparent)
    const placed = quoteId === undefined ? place(details) : holdToQuote(quoteId, details, personal, place)
    const work = withKey(this.personal, personal, placed)
    // The key is the customer's own: what another one calls a request has nothing to do with it.
    const scope = `POST /orders ${request.customerId}`
    return answerOnce(this.commands, reply, { scope, key, body, work, problems: notHeld(quoteId) })
  }

  @Post(':orderId/cancel')
  @HttpCode(202)
  async cancel(@Param('orderId') id: string, @Trace() traceparent: string) {
    const orderId = orderIdFrom(id)
    const refusal = await this.groupCommit.submit(cancelOrder(orderId, traceparent))
    if (refusal !== undefined) throw notCancelled(orderId, refusal)
    return { orderId, cancellation: 'requested' }
  }
}
