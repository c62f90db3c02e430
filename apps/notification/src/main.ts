import { startService } from '#libs/http'
import { connectConsumers } from '#libs/messaging'
import { config } from './config.ts'
import { notificationModule } from './notification.module.ts'

const environment = config()
await startService(notificationModule(environment), {
  name: 'notification',
  config: environment,
  connect: connectConsumers,
})
