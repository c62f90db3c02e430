import { defineService, type Service } from '#libs/service'
import { StockController } from './api/stock.controller.ts'
import { StockHistoryController } from './api/stock-history.controller.ts'
import { StockProofController } from './api/stock-proof.controller.ts'
import type { Config } from './config.ts'
import { consumers } from './consumers.ts'
import { streamKinds } from './domain/stream-kinds.ts'
import { replies } from './replies.ts'
import { readProducts, seedStock } from './seed.ts'

export const inventoryService = (config: Config): Service =>
  defineService({
    name: 'inventory',
    config,
    handlers: consumers,
    streams: streamKinds,
    replies,
    routes: [StockController, StockHistoryController, StockProofController],
    prepare: async (groupCommit) => seedStock(groupCommit, await readProducts(config.PRODUCTS_FILE)),
  })
