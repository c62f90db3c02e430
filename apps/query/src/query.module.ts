import { PrismaPg } from '@prisma/adapter-pg'
import { Database, sessionConfig } from '#libs/database'
import { defineService, type Service } from '#libs/service'
import { PrismaClient } from '#prisma/query'
import { OrdersController } from './api/orders.controller.ts'
import { PRISMA } from './api/prisma.ts'
import { ProjectionsController } from './api/projections.controller.ts'
import { SalesController } from './api/sales.controller.ts'
import type { Config } from './config.ts'
import { consumers } from './consumers.ts'
import { ProjectionProgressReader } from './projection-progress.ts'

const SERVICE = 'query'
/** A read model may be this much later, milliseconds; gathering for so long saves most of its transactions. */
const LINGER_MS = 25
/** Under load it may be later still: an order's facts come one after the other, and each saved row holds several. */
const UNDER_LOAD = { longestPauseMs: 200, maxWeight: 5_000 }

export const queryService = (config: Config): Service => {
  const prisma = new PrismaClient({ adapter: new PrismaPg(sessionConfig(config.DATABASE_URL)) })
  const kafka = { brokers: config.KAFKA_BROKERS, clientId: SERVICE }
  return defineService({
    name: SERVICE,
    config,
    handlers: consumers,
    recognisesDuplicates: true,
    routes: [OrdersController, SalesController, ProjectionsController],
    providers: [
      { provide: PRISMA, useValue: prisma },
      {
        provide: ProjectionProgressReader,
        useFactory: (database: Database) => new ProjectionProgressReader(database, kafka, SERVICE),
        inject: [Database],
      },
    ],
    commit: { lingerMs: LINGER_MS, ...UNDER_LOAD },
    resources: [{ close: () => prisma.$disconnect() }],
  })
}
