import { runService } from '#libs/service'
import { config } from './config.ts'
import { paymentService } from './payment.module.ts'

await runService(paymentService(config()))
