import { startService } from '#libs/http'
import { connectConsumers } from '#libs/messaging'
import { config } from './config.ts'
import { queryModule } from './query.module.ts'

const environment = config()
await startService(queryModule(environment), { name: 'query', config: environment, connect: connectConsumers })
