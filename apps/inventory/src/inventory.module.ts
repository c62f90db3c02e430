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
import { StockController } from './api/stock.controller.ts'
import type { Config } from './config.ts'
import { announce, InventoryConsumers } from './consumers.ts'
import { readProducts, seedStock } from './seed.ts'

const PUBLISHER = Symbol('publisher')
/** Idempotency keys forgotten by one statement, at most. */
const KEYS_AT_ONCE = 5_000
const PRODUCTS_FILE = Symbol('products file')

@Module({})
class InventoryModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
    @Inject(PUBLISHER) private readonly publisher: KafkaPublisher,
    @Inject(Database) private readonly database: Database,
    @Inject(GroupCommit) private readonly groupCommit: GroupCommit,
    @Inject(PRODUCTS_FILE) private readonly productsFile: string,
    @Inject(Housekeeping) private readonly housekeeping: Housekeeping,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await seedStock(this.groupCommit, await readProducts(this.productsFile))
    this.relay.start()
    this.housekeeping.start()
  }

  async onApplicationShutdown(): Promise<void> {
    await this.housekeeping.stop()
    await this.relay.stop()
    await this.publisher.close()
    await this.database.close()
  }
}

export const inventoryModule = (config: Config): DynamicModule => {
  const { DATABASE_URL: databaseUrl, KAFKA_BROKERS: brokers } = config
  const database = new Database(databaseUrl)
  const groupCommit = new GroupCommit(database)
  const publisher = kafkaPublisher({ brokers, clientId: 'inventory' })
  const consumers = new KafkaBatchServer({
    service: 'inventory',
    brokers,
    topics: ['inventory-commands'],
    database,
    groupCommit,
    announce,
  })
  return {
    module: InventoryModule,
    imports: [
      messagingModule(consumers),
      healthModule({ database: () => database.query('SELECT 1'), consumers: () => consumers.check() }),
    ],
    controllers: [StockController, InventoryConsumers],
    providers: [
      { provide: Database, useValue: database },
      { provide: GroupCommit, useValue: groupCommit },
      { provide: IdempotentCommands, useValue: new IdempotentCommands({ groupCommit }) },
      { provide: OutboxRelay, useValue: new OutboxRelay({ databaseUrl, database, publisher }) },
      { provide: Housekeeping, useValue: new Housekeeping((now) => pruneIdempotencyKeys(database, now, KEYS_AT_ONCE)) },
      { provide: PUBLISHER, useValue: publisher },
      { provide: PRODUCTS_FILE, useValue: config.PRODUCTS_FILE },
    ],
  }
}
