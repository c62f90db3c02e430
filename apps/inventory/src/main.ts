import { runService } from '#libs/service'
import { config } from './config.ts'
import { inventoryService } from './inventory.module.ts'

await runService(inventoryService(config()))
