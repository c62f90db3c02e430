import { readFileSync } from 'node:fs'
import { publicKeyFrom, Sealer } from '#libs/sealing'
import { defineService, type Service } from '#libs/service'
import { CatalogueController } from './api/catalogue.controller.ts'
import { OrderHistoryController } from './api/order-history.controller.ts'
import { OrdersController } from './api/orders.controller.ts'
import { SagaOperationsController } from './api/saga-operations.controller.ts'
import { SagasController } from './api/sagas.controller.ts'
import { CATALOGUE } from './api/tokens.ts'
import { loadCatalogue } from './catalogue.ts'
import type { Config } from './config.ts'
import { consumers } from './consumers.ts'
import { fulfilment } from './sagas.ts'

export const orderService = (config: Config): Service =>
  defineService({
    name: 'order',
    config,
    handlers: consumers,
    sagas: [fulfilment],
    routes: [OrdersController, OrderHistoryController, SagasController, SagaOperationsController, CatalogueController],
    providers: [
      { provide: CATALOGUE, useValue: loadCatalogue(config.PRODUCTS_FILE) },
      { provide: Sealer, useValue: new Sealer(publicKeyFrom(readFileSync(config.PAYMENT_PUBLIC_KEY_FILE, 'utf8'))) },
    ],
  })
