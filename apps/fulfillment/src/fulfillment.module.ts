import { defineService, type Service } from '#libs/service'
import { CarrierEventsController } from './api/carrier-events.controller.ts'
import { Carrier } from './carrier.ts'
import { carrierCalls } from './carrier-calls.ts'
import type { Config } from './config.ts'
import { consumers } from './consumers.ts'
import { streamKinds } from './domain/stream-kinds.ts'
import { replies } from './replies.ts'

export const fulfillmentService = (config: Config): Service => {
  const carrier = new Carrier(config.SIMULATORS_URL, config.CARRIER_CALLBACK_URL, config.CARRIER_CONNECTIONS)
  return defineService({
    name: 'fulfillment',
    config,
    handlers: consumers,
    streams: streamKinds,
    replies: () => replies(carrier),
    effects: carrierCalls(carrier, config.CARRIER_CONNECTIONS),
    routes: [CarrierEventsController],
    resources: [carrier],
  })
}
