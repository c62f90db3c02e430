import { Body, Controller, Get, Inject, Param, Post, Put, Query, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { CallersTrace, Problem, parse } from '#libs/http'
import type { Answer } from '../answers.ts'
import { fateOf } from '../fate.ts'
import { Fickle } from '../fickle.ts'
import { IdempotencyKey } from '../idempotency-key.ts'
import { pageQuery } from '../page.ts'
import { carrierSettings, withChanges } from '../settings.ts'
import { Carrier } from './carrier.ts'
import { quote, quoteRequest } from './quote.ts'
import { booking, returnBooking, type Shipment, statusOf } from './shipment.ts'

const shipmentsQuery = pageQuery.extend({ orderId: z.string().optional() })

/** The carrier. Every POST needs an Idempotency-Key; what happens to a shipment is told to its `callbackUrl`. */
@Controller('carrier')
export class CarrierController {
  constructor(
    @Inject(Carrier) private readonly carrier: Carrier,
    @Inject(Fickle) private readonly fickle: Fickle,
  ) {}

  @Post('shipments')
  book(
    @IdempotencyKey() key: string,
    @CallersTrace() traceparent: string | undefined,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const request = parse(booking, body)
    return this.#respond(reply, () => this.carrier.book(key, request, traceparent))
  }

  @Post('returns')
  issueLabel(
    @IdempotencyKey() key: string,
    @CallersTrace() traceparent: string | undefined,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const request = parse(returnBooking, body)
    return this.#respond(reply, () => this.carrier.issueLabel(key, request, traceparent))
  }

  @Post('shipments/:shipmentId/inspection')
  inspect(
    @IdempotencyKey() key: string,
    @Param('shipmentId') shipmentId: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#respond(reply, () => this.carrier.inspect(key, shipmentId))
  }

  /** What a delivery would cost; nothing is booked, so no key is needed. */
  @Post('quotes')
  quote(@Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    const request = parse(quoteRequest, body)
    return this.#respond(reply, async () => quote(request, Date.now()))
  }

  @Post('shipments/:shipmentId/cancellation')
  cancel(
    @IdempotencyKey() key: string,
    @Param('shipmentId') shipmentId: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#respond(reply, () => this.carrier.cancel(key, shipmentId))
  }

  /** With `orderId` every shipment of that order, else a page of all; oldest first. */
  @Get('shipments')
  shipments(@Query() query: unknown) {
    const { orderId, cursor, limit } = parse(shipmentsQuery, query)
    const now = Date.now()
    const shown = (shipment: Shipment) => publicShipment(shipment, now)
    if (orderId !== undefined) return { items: this.carrier.shipmentsOf(orderId).map(shown) }
    const { items, next } = this.carrier.page(cursor, limit)
    return { items: items.map(shown), ...(next !== undefined && { nextCursor: String(next) }) }
  }

  @Get('shipments/:shipmentId')
  shipment(@Param('shipmentId') shipmentId: string) {
    const shipment = this.carrier.shipment(shipmentId)
    if (shipment === undefined)
      throw new Problem(404, { type: 'unknown-shipment', detail: `no shipment ${shipmentId}` })
    return publicShipment(shipment, Date.now())
  }

  @Get('settings')
  settings() {
    return this.carrier.settings.current
  }

  @Put('settings')
  changeSettings(@Body() body: unknown) {
    const { settings } = this.carrier
    return settings.change(withChanges(carrierSettings, settings.current, body))
  }

  #respond(reply: FastifyReply, effect: () => Promise<Answer>) {
    const { latencyMs, faultRate } = this.carrier.settings.current
    return this.fickle.respond(reply, { fate: fateOf(Math.random(), { faultRate }), latencyMs }, effect)
  }
}

const publicShipment = (shipment: Shipment, now: number) => {
  const { shipmentId, trackingNumber, orderId, returnId, bookedAt, dispatchAt, deliverAt } = shipment
  const status = statusOf(shipment, now)
  const dispatched = status !== 'booked' && status !== 'cancelled'
  return {
    shipmentId,
    trackingNumber,
    orderId,
    ...(returnId && { returnId }),
    status,
    bookedAt: new Date(bookedAt).toISOString(),
    ...(dispatched && { dispatchedAt: new Date(dispatchAt).toISOString() }),
    ...(status === 'delivered' && { deliveredAt: new Date(deliverAt).toISOString() }),
  }
}
