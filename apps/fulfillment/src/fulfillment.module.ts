import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common'
import { Database, GroupCommit } from '#libs/database'
import { EffectWorker } from '#libs/effects'
import { healthModule } from '#libs/http'
import { KafkaBatchServer, type KafkaPublisher, kafkaPublisher, messagingModule } from '#libs/messaging'
import { OutboxRelay } from '#libs/outbox'
import { CarrierEventsController } from './api/carrier-events.controller.ts'
import { Carrier } from './carrier.ts'
import { carrierCalls } from './carrier-calls.ts'
import type { Config } from './config.ts'
import { announce, FulfillmentConsumers } from './consumers.ts'

const PUBLISHER = Symbol('publisher')

@Module({})
class FulfillmentModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(EffectWorker) private readonly calls: EffectWorker<never>,
    @Inject(Carrier) private readonly carrier: Carrier,
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
    @Inject(PUBLISHER) private readonly publisher: KafkaPublisher,
    @Inject(Database) private readonly database: Database,
  ) {}

  onApplicationBootstrap(): void {
    this.relay.start()
    this.calls.start()
  }

  async onApplicationShutdown(): Promise<void> {
    await this.calls.stop()
    await this.carrier.close()
    await this.relay.stop()
    await this.publisher.close()
    await this.database.close()
  }
}

export const fulfillmentModule = (config: Config): DynamicModule => {
  const { DATABASE_URL: databaseUrl, KAFKA_BROKERS: brokers, CARRIER_CONNECTIONS: concurrency } = config
  const database = new Database(databaseUrl)
  const groupCommit = new GroupCommit(database)
  const carrier = new Carrier(config.SIMULATORS_URL, config.CARRIER_CALLBACK_URL, concurrency)
  const publisher = kafkaPublisher({ brokers, clientId: 'fulfillment' })
  const consumers = new KafkaBatchServer({
    service: 'fulfillment',
    brokers,
    topics: ['fulfillment-commands'],
    database,
    groupCommit,
    announce,
  })
  return {
    module: FulfillmentModule,
    imports: [
      messagingModule(consumers),
      healthModule({ database: () => database.query('SELECT 1'), consumers: () => consumers.check() }),
    ],
    controllers: [FulfillmentConsumers, CarrierEventsController],
    providers: [
      { provide: Database, useValue: database },
      { provide: GroupCommit, useValue: groupCommit },
      { provide: EffectWorker, useValue: carrierCalls({ database, groupCommit, carrier, concurrency }) },
      { provide: Carrier, useValue: carrier },
      { provide: OutboxRelay, useValue: new OutboxRelay({ databaseUrl, database, publisher }) },
      { provide: PUBLISHER, useValue: publisher },
    ],
  }
}
