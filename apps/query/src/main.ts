import { runService } from '#libs/service'
import { config } from './config.ts'
import { queryService } from './query.module.ts'

await runService(queryService(config()))
