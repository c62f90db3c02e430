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
import type { Config } from './config.ts'
import { announce, PaymentConsumers } from './consumers.ts'
import { PaymentProvider } from './provider.ts'
import { providerCalls } from './provider-calls.ts'

const PUBLISHER = Symbol('publisher')

@Module({})
class PaymentModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(EffectWorker) private readonly calls: EffectWorker<never>,
    @Inject(PaymentProvider) private readonly provider: PaymentProvider,
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
    await this.provider.close()
    await this.relay.stop()
    await this.publisher.close()
    await this.database.close()
  }
}

export const paymentModule = (config: Config): DynamicModule => {
  const { DATABASE_URL: databaseUrl, KAFKA_BROKERS: brokers, PROVIDER_CONNECTIONS: concurrency } = config
  const database = new Database(databaseUrl)
  const groupCommit = new GroupCommit(database)
  const provider = new PaymentProvider(config.SIMULATORS_URL, concurrency)
  const publisher = kafkaPublisher({ brokers, clientId: 'payment' })
  const consumers = new KafkaBatchServer({
    service: 'payment',
    brokers,
    topics: ['payment-commands'],
    database,
    groupCommit,
    announce,
  })
  return {
    module: PaymentModule,
    imports: [
      messagingModule(consumers),
      healthModule({ database: () => database.query('SELECT 1'), consumers: () => consumers.check() }),
    ],
    controllers: [PaymentConsumers],
    providers: [
      { provide: Database, useValue: database },
      { provide: GroupCommit, useValue: groupCommit },
      { provide: EffectWorker, useValue: providerCalls({ database, groupCommit, provider, concurrency }) },
      { provide: PaymentProvider, useValue: provider },
      { provide: OutboxRelay, useValue: new OutboxRelay({ databaseUrl, database, publisher }) },
      { provide: PUBLISHER, useValue: publisher },
    ],
  }
}
