import { startService } from '#libs/http'
import { connectConsumers } from '#libs/messaging'
import { config } from './config.ts'
import { inventoryModule } from './inventory.module.ts'

const environment = config()
await startService(inventoryModule(environment), { name: 'inventory', config: environment, connect: connectConsumers })
