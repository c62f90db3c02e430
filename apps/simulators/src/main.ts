import 'reflect-metadata'
import { startService } from '#libs/http'
import { readConfig } from './config.ts'
import { simulatorsModule } from './simulators.module.ts'

const config = readConfig()
await startService(await simulatorsModule(config), { name: 'simulators', config })
