import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common'
import { PrismaPg } from '@prisma/adapter-pg'
import { Database, GroupCommit } from '#libs/database'
import { healthModule } from '#libs/http'
import { KafkaBatchServer, kafkaClient, messagingModule } from '#libs/messaging'
import { PrismaClient } from '#prisma/query'
import { OrdersController } from './api/orders.controller.ts'
import { PRISMA } from './api/prisma.ts'
import { ProjectionsController } from './api/projections.controller.ts'
import { SalesController } from './api/sales.controller.ts'
import type { Config } from './config.ts'
import { announce, ignored, projections, QueryConsumers } from './consumers.ts'
import { ProjectionProgressReader } from './projection-progress.ts'

const SERVICE = 'query'
/** A read model may be this much later, milliseconds; gathering for so long saves most of its transactions. */
const LINGER_MS = 25
/** Under load it may be later still: an order's facts come one after the other, and each saved row holds several. */
const UNDER_LOAD = { longestPauseMs: 200, maxWeight: 5_000 }

@Module({})
class QueryModule implements OnApplicationShutdown {
  constructor(
    @Inject(ProjectionProgressReader) private readonly progress: ProjectionProgressReader,
    @Inject(Database) private readonly database: Database,
    @Inject(PRISMA) private readonly prisma: PrismaClient,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.progress.close()
    await this.database.close()
    await this.prisma.$disconnect()
  }
}

export const queryModule = ({ DATABASE_URL: connectionString, KAFKA_BROKERS: brokers }: Config): DynamicModule => {
  const database = new Database(connectionString)
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString }) })
  const admin = kafkaClient({ brokers, clientId: SERVICE }, 'briefly').admin()
  const consumers = new KafkaBatchServer({
    service: SERVICE,
    brokers,
    topics: projections.orders,
    ignore: ignored,
    database,
    groupCommit: new GroupCommit(database, { lingerMs: LINGER_MS, ...UNDER_LOAD }),
    announce,
    recognisesDuplicates: true,
  })
  return {
    module: QueryModule,
    imports: [
      messagingModule(consumers),
      healthModule({ database: () => database.query('SELECT 1'), consumers: () => consumers.check() }),
    ],
    controllers: [OrdersController, SalesController, ProjectionsController, QueryConsumers],
    providers: [
      { provide: Database, useValue: database },
      { provide: PRISMA, useValue: prisma },
      { provide: ProjectionProgressReader, useValue: new ProjectionProgressReader(database, admin, SERVICE) },
    ],
  }
}
