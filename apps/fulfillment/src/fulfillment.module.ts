import { PersonalData } from '#libs/personal-data'
import { defineService, type Service } from '#libs/service'
import { credentials } from '#libs/service-tokens'
import { CarrierEventsController } from './api/carrier-events.controller.ts'
import { Carrier } from './carrier.ts'
import { carrierCalls } from './carrier-calls.ts'
import { CARRIER_SECRETS, carrierSecrets } from './carrier-secrets.ts'
import type { Config } from './config.ts'
import { consumers } from './consumers.ts'
import { streamKinds } from './domain/stream-kinds.ts'
import { replies } from './replies.ts'

export const fulfillmentService = (config: Config): Service => {
  const { SIMULATORS_URL, CARRIER_CALLBACK_URL, CARRIER_CONNECTIONS, SERVICE_KEY_FILE } = config
  const shows = credentials(SERVICE_KEY_FILE, 'fulfillment', 'simulators')
  const carrier = new Carrier(SIMULATORS_URL, CARRIER_CALLBACK_URL, CARRIER_CONNECTIONS, shows)
  const personal = new PersonalData(config)
  return defineService({
    name: 'fulfillment',
    config,
    handlers: consumers,
    streams: streamKinds,
    replies: () => replies(carrier, personal),
    effects: carrierCalls(carrier, personal, CARRIER_CONNECTIONS),
    routes: [CarrierEventsController],
    providers: [
      {
        provide: CARRIER_SECRETS,
        useValue: carrierSecrets(config.CARRIER_WEBHOOK_SECRET_FILE, config.SERVICE_AUTH),
      },
    ],
    callbacks: ['/carrier-events'],
    resources: [carrier, personal],
  })
}
