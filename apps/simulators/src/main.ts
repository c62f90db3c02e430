import 'reflect-metadata'
import { startService } from '#libs/http'
import { configureLogging } from '#libs/observability'
import { readConfig } from './config.ts'
import { simulatorsModule } from './simulators.module.ts'

// What is made is for this user only.
process.umask(0o077)
const config = readConfig()
// The store may have something to say before the service starts.
configureLogging({ service: 'simulators', level: config.LOG_LEVEL, format: config.LOG_FORMAT })
await startService(await simulatorsModule(config), { name: 'simulators', config })
