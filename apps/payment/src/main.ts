import { startService } from '#libs/http'
import { connectConsumers } from '#libs/messaging'
import { config } from './config.ts'
import { paymentModule } from './payment.module.ts'

const environment = config()
await startService(paymentModule(environment), { name: 'payment', config: environment, connect: connectConsumers })
