import { runService } from '#libs/service'
import { config } from './config.ts'
import { orderService } from './order.module.ts'

await runService(orderService(config()))
