import { runService } from '#libs/service'
import { config } from './config.ts'
import { fulfillmentService } from './fulfillment.module.ts'

await runService(fulfillmentService(config()))
