import { PrismaPg } from '@prisma/adapter-pg'
import { sessionConfig } from '#libs/database'
import { TopicReader } from '#libs/messaging'
import { Rebuilder } from '#libs/projections'
import { defineService, GroupOffsetsController, type Service } from '#libs/service'
import { PrismaClient } from '#prisma/query'
import { CustomersController } from './api/customers.controller.ts'
import { OrdersController } from './api/orders.controller.ts'
import { PRISMA } from './api/prisma.ts'
import { ProjectionsController } from './api/projections.controller.ts'
import { SagaBoardController } from './api/saga-board.controller.ts'
import { SalesController } from './api/sales.controller.ts'
import type { Config } from './config.ts'
import { consumers } from './consumers.ts'
import { ProjectionProgressReader } from './projection-progress.ts'
import { projections } from './projections.ts'

const SERVICE = 'query'
const HOUR_MS = 3_600_000
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
    routes: [
      OrdersController,
      SalesController,
      CustomersController,
      SagaBoardController,
      ProjectionsController,
      GroupOffsetsController,
    ],
    beside: ({ database }) => {
      const progress = new ProjectionProgressReader(database, kafka, SERVICE)
      const rebuilder = new Rebuilder({
        ...{ database, projections, consumer: SERVICE, reader: new TopicReader({ ...kafka, readCommitted: true }) },
        committed: () => progress.committed(),
        keptMs: config.PROJECTION_KEPT_HOURS * HOUR_MS,
      })
      return {
        workers: [rebuilder],
        providers: [
          { provide: ProjectionProgressReader, useValue: progress },
          { provide: Rebuilder, useValue: rebuilder },
        ],
      }
    },
    providers: [{ provide: PRISMA, useValue: prisma }],
    commit: { lingerMs: LINGER_MS, ...UNDER_LOAD },
    resources: [{ close: () => prisma.$disconnect() }],
  })
}
