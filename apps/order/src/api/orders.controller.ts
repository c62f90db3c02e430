import { Body, Controller, Headers, HttpCode, Inject, Param, Post, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { orderId as orderIdSchema } from '#libs/contracts'
import { GroupCommit } from '#libs/database'
import { Problem, parse, Trace } from '#libs/http'
import { fingerprint, IdempotentCommands, InvalidIdempotencyKey, parseIdempotencyKey } from '#libs/idempotency'
import type { Catalogue } from '../domain/pricing.ts'
import { cancelOrder } from './cancel-order.ts'
import { orderDetails, orderIdFor, orderRequest, placeOrder } from './place-order.ts'
import { CATALOGUE } from './tokens.ts'
import { unknownOrder } from './unknown-order.ts'

@Controller('orders')
export class OrdersController {
  constructor(
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
    private readonly commands: IdempotentCommands,
    private readonly groupCommit: GroupCommit,
  ) {}

  @Post()
  async place(
    @Headers('idempotency-key') header: string | undefined,
    @Body() body: unknown,
    @Trace() traceparent: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const key = idempotencyKey(header)
    const request = parse(orderRequest, body)
    const work = placeOrder(orderDetails(request, orderIdFor(key), this.catalogue), traceparent)
    const outcome = await this.commands.execute({ scope: 'POST /orders', key, fingerprint: fingerprint(request) }, work)
    if (outcome.kind === 'conflict')
      throw new Problem(409, { type: 'request-in-progress', detail: 'a request with this key is being carried out' })
    if (outcome.kind === 'mismatch')
      throw new Problem(422, { type: 'idempotency-key-reused', detail: 'the key was used for another body' })
    const { status, headers, body: answer } = outcome.response
    reply.status(status).headers({ ...headers })
    return answer
  }

  @Post(':orderId/cancel')
  @HttpCode(202)
  async cancel(@Param('orderId') orderId: string, @Trace() traceparent: string) {
    if (!orderIdSchema.safeParse(orderId).success) throw unknownOrder(orderId)
    await this.groupCommit.submit(cancelOrder(orderId, traceparent))
    return { orderId, cancellation: 'requested' }
  }
}

const idempotencyKey = (header: string | undefined): string => {
  let detail = 'every order needs an Idempotency-Key header'
  try {
    const key = parseIdempotencyKey(header)
    if (key !== undefined) return key
  } catch (error) {
    if (!(error instanceof InvalidIdempotencyKey)) throw error
    detail = error.message
  }
  throw new Problem(400, { type: 'idempotency-key', title: 'Idempotency-Key missing or malformed', detail })
}
