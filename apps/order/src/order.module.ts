import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common'
import { Database, GroupCommit, Housekeeping } from '#libs/database'
import { healthModule } from '#libs/http'
import { IdempotentCommands, pruneIdempotencyKeys } from '#libs/idempotency'
import { KafkaBatchServer, type KafkaPublisher, kafkaPublisher, messagingModule } from '#libs/messaging'
import { OutboxRelay } from '#libs/outbox'
import { DeadlineWorker } from '#libs/saga'
import { CatalogueController } from './api/catalogue.controller.ts'
import { OrderHistoryController } from './api/order-history.controller.ts'
import { OrdersController } from './api/orders.controller.ts'
import { SagasController } from './api/sagas.controller.ts'
import { CATALOGUE } from './api/tokens.ts'
import { loadCatalogue } from './catalogue.ts'
import type { Config } from './config.ts'
import { announce, consumed, ignored, OrderConsumers } from './consumers.ts'
import { fulfilmentRunner } from './fulfilment.ts'
import { announceOrder } from './orders.ts'

const PUBLISHER = Symbol('publisher')
/** Idempotency keys forgotten by one statement, at most. */
const KEYS_AT_ONCE = 5_000

@Module({})
class OrderModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly deadlines: DeadlineWorker,
    private readonly housekeeping: Housekeeping,
    private readonly relay: OutboxRelay,
    @Inject(PUBLISHER) private readonly publisher: KafkaPublisher,
    private readonly database: Database,
  ) {}

  onApplicationBootstrap(): void {
    this.relay.start()
    this.deadlines.start()
    this.housekeeping.start()
  }

  async onApplicationShutdown(): Promise<void> {
    await this.deadlines.stop()
    await this.housekeeping.stop()
    await this.relay.stop()
    await this.publisher.close()
    await this.database.close()
  }
}

export const orderModule = (config: Config): DynamicModule => {
  const { DATABASE_URL: databaseUrl, KAFKA_BROKERS: brokers } = config
  const database = new Database(databaseUrl)
  const groupCommit = new GroupCommit(database)
  const publisher = kafkaPublisher({ brokers, clientId: 'order' })
  const relay = new OutboxRelay({ databaseUrl, database, publisher })
  const deadlines = new DeadlineWorker({ database, groupCommit, runner: fulfilmentRunner, announce: announceOrder })
  const consumers = new KafkaBatchServer({
    service: 'order',
    brokers,
    topics: consumed,
    ignore: ignored,
    database,
    groupCommit,
    announce,
  })
  return {
    module: OrderModule,
    imports: [
      messagingModule(consumers),
      healthModule({ database: () => database.query('SELECT 1'), consumers: () => consumers.check() }),
    ],
    controllers: [OrdersController, OrderHistoryController, SagasController, CatalogueController, OrderConsumers],
    providers: [
      { provide: Database, useValue: database },
      { provide: GroupCommit, useValue: groupCommit },
      { provide: IdempotentCommands, useValue: new IdempotentCommands({ groupCommit }) },
      { provide: CATALOGUE, useValue: loadCatalogue(config.PRODUCTS_FILE) },
      { provide: OutboxRelay, useValue: relay },
      { provide: PUBLISHER, useValue: publisher },
      { provide: DeadlineWorker, useValue: deadlines },
      { provide: Housekeeping, useValue: new Housekeeping((now) => pruneIdempotencyKeys(database, now, KEYS_AT_ONCE)) },
    ],
  }
}
