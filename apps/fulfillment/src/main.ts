import { startService } from '#libs/http'
import { connectConsumers } from '#libs/messaging'
import { config } from './config.ts'
import { fulfillmentModule } from './fulfillment.module.ts'

const environment = config()
await startService(fulfillmentModule(environment), {
  name: 'fulfillment',
  config: environment,
  connect: connectConsumers,
})
