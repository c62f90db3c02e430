import { readFileSync } from 'node:fs'
import { PersonalData } from '#libs/personal-data'
import { Requester } from '#libs/request-reply'
import { publicKeyFrom, Sealer } from '#libs/sealing'
import { defineService, GroupOffsetsController, type Service } from '#libs/service'
import { CatalogueController } from './api/catalogue.controller.ts'
import { CustomersController } from './api/customers.controller.ts'
import { OrderHistoryController } from './api/order-history.controller.ts'
import { OrdersController } from './api/orders.controller.ts'
import { QuotesController } from './api/quotes.controller.ts'
import { ReturnsController } from './api/returns.controller.ts'
import { SagaOperationsController } from './api/saga-operations.controller.ts'
import { SagasController } from './api/sagas.controller.ts'
import { TestMessagesController } from './api/test-messages.controller.ts'
import { CATALOGUE, QUOTE_VALID_MS, RETURN_WINDOW_DAYS } from './api/tokens.ts'
import { loadCatalogue } from './catalogue.ts'
import type { Config } from './config.ts'
import { consumers } from './consumers.ts'
import { streamKinds } from './domain/stream-kinds.ts'
import { publishCatalogue } from './publish-catalogue.ts'
import { Quoting } from './quoting.ts'
import { fulfilment, returns } from './sagas.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

export const orderService = (config: Config): Service => {
  const catalogue = loadCatalogue(config.PRODUCTS_FILE)
  const personal = new PersonalData(config)
  return defineService({
    name: 'order',
    config,
    handlers: consumers,
    streams: streamKinds,
    sagas: [fulfilment, returns],
    asks: true,
    prepare: (groupCommit) => publishCatalogue(groupCommit, catalogue),
    routes: [
      OrdersController,
      OrderHistoryController,
      ReturnsController,
      SagasController,
      SagaOperationsController,
      CatalogueController,
      QuotesController,
      CustomersController,
      TestMessagesController,
      GroupOffsetsController,
    ],
    retention: [{ table: 'quotes', column: 'valid_until', keptMs: config.QUOTE_RETENTION_HOURS * HOUR_MS }],
    resources: [personal],
    providers: [
      { provide: QUOTE_VALID_MS, useValue: config.QUOTE_VALID_MINUTES * MINUTE_MS },
      {
        provide: Quoting,
        inject: [Requester],
        useFactory: (requester: Requester) => new Quoting(requester, config.QUOTE_PATIENCE_MS),
      },
      { provide: RETURN_WINDOW_DAYS, useValue: config.RETURN_WINDOW_DAYS },
      { provide: CATALOGUE, useValue: catalogue },
      { provide: PersonalData, useValue: personal },
      { provide: Sealer, useValue: new Sealer(publicKeyFrom(readFileSync(config.PAYMENT_PUBLIC_KEY_FILE, 'utf8'))) },
    ],
  })
}
