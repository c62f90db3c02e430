import { runService } from '#libs/service'
import { config } from './config.ts'
import { notificationService } from './notification.module.ts'

await runService(notificationService(config()))
