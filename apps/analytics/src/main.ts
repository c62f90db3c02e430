import { runService } from '#libs/service'
import { analyticsService } from './analytics.module.ts'
import { config } from './config.ts'

await runService(analyticsService(config()))
