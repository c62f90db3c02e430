import { Body, Controller, Get, Inject, Param, Post, Put, Query, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { Problem, parse } from '#libs/http'
import type { Answer } from '../answers.ts'
import { fateOf } from '../fate.ts'
import { Fickle } from '../fickle.ts'
import { IdempotencyKey } from '../idempotency-key.ts'
import { pageQuery } from '../page.ts'
import { carrierSettings } from '../settings.ts'
import { Carrier } from './carrier.ts'
import { booking, type Shipment } from './shipment.ts'

const shipmentsQuery = pageQuery.extend({ orderId: z.string().optional() })

/** The carrier. Every POST needs an Idempotency-Key; what happens to a shipment is told to its `callbackUrl`. */
@Controller('carrier')
export class CarrierController {
  constructor(
    @Inject(Carrier) private readonly carrier: Carrier,
    @Inject(Fickle) private readonly fickle: Fickle,
  ) {}

  @Post('shipments')
  book(@IdempotencyKey() key: string, @Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    const request = parse(booking, body)
    return this.#respond(reply, () => this.carrier.book(key, request))
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
    const shipments = this.carrier.shipments(orderId)
    if (orderId !== undefined) return { items: shipments.map(publicShipment) }
    const items = shipments.slice(cursor, cursor + limit).map(publicShipment)
    return { items, ...(cursor + limit < shipments.length && { nextCursor: String(cursor + limit) }) }
  }

  @Get('shipments/:shipmentId')
  shipment(@Param('shipmentId') shipmentId: string) {
    const shipment = this.carrier.shipment(shipmentId)
    if (shipment === undefined)
      throw new Problem(404, { type: 'unknown-shipment', detail: `no shipment ${shipmentId}` })
    return publicShipment(shipment)
  }

  @Get('settings')
  settings() {
    return this.carrier.settings
  }

  @Put('settings')
  changeSettings(@Body() body: unknown) {
    const changes = parse(carrierSettings.partial(), body)
    return this.carrier.changeSettings(parse(carrierSettings, { ...this.carrier.settings, ...changes }))
  }

  #respond(reply: FastifyReply, effect: () => Promise<Answer>) {
    const { latencyMs, faultRate } = this.carrier.settings
    return this.fickle.respond(reply, { fate: fateOf(Math.random(), { faultRate }), latencyMs }, effect)
  }
}

const publicShipment = ({ bookedAt, dispatchAt, deliverAt, callbackUrl, acknowledged, ...shipment }: Shipment) => {
  const dispatched = shipment.status === 'dispatched' || shipment.status === 'delivered'
  return {
    ...shipment,
    bookedAt: new Date(bookedAt).toISOString(),
    ...(dispatched && { dispatchedAt: new Date(dispatchAt).toISOString() }),
    ...(shipment.status === 'delivered' && { deliveredAt: new Date(deliverAt).toISOString() }),
  }
}
