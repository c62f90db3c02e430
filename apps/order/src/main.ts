import { startService } from '#libs/http'
import { connectConsumers } from '#libs/messaging'
import { config } from './config.ts'
import { orderModule } from './order.module.ts'

const environment = config()
await startService(orderModule(environment), { name: 'order', config: environment, connect: connectConsumers })
