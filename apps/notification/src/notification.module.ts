import { readFileSync } from 'node:fs'
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common'
import { PrismaPg } from '@prisma/adapter-pg'
import { Database, GroupCommit } from '#libs/database'
import { EffectWorker } from '#libs/effects'
import { healthModule } from '#libs/http'
import { KafkaBatchServer, type KafkaPublisher, kafkaPublisher, messagingModule } from '#libs/messaging'
import { OutboxRelay } from '#libs/outbox'
import { PrismaClient } from '#prisma/notification'
import { NotificationsController } from './api/notifications.controller.ts'
import { PRISMA } from './api/prisma.ts'
import type { Config } from './config.ts'
import { NotificationConsumers } from './consumers.ts'
import { recordDelivery } from './delivery.ts'
import { type Customer, Customers } from './domain/customers.ts'
import { untold } from './domain/notice.ts'
import { type EmailKinds, emailRetry, type Mailer, smtpMailer } from './email.ts'

const SERVICE = 'notification'
/** A mail may be this much later, milliseconds; gathering for so long saves most of the transactions. */
const LINGER_MS = 25
const PUBLISHER = Symbol('publisher')
const MAILER = Symbol('mailer')

@Module({})
class NotificationModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(EffectWorker) private readonly emails: EffectWorker<EmailKinds>,
    @Inject(MAILER) private readonly mailer: Mailer,
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
    @Inject(PUBLISHER) private readonly publisher: KafkaPublisher,
    @Inject(Database) private readonly database: Database,
    @Inject(PRISMA) private readonly prisma: PrismaClient,
  ) {}

  onApplicationBootstrap(): void {
    this.relay.start()
    this.emails.start()
  }

  async onApplicationShutdown(): Promise<void> {
    await this.emails.stop()
    this.mailer.close()
    await this.relay.stop()
    await this.publisher.close()
    await this.database.close()
    await this.prisma.$disconnect()
  }
}

export const notificationModule = (config: Config): DynamicModule => {
  const { DATABASE_URL: databaseUrl, KAFKA_BROKERS: brokers } = config
  const database = new Database(databaseUrl)
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl }) })
  const groupCommit = new GroupCommit(database, { lingerMs: LINGER_MS })
  const publisher = kafkaPublisher({ brokers, clientId: SERVICE })
  const mailer = smtpMailer(config.SMTP_HOST, config.SMTP_PORT)
  const emails = new EffectWorker<EmailKinds>({
    database,
    groupCommit,
    perform: { email: (email) => mailer.send(email) },
    retry: emailRetry,
    apply: recordDelivery,
  })
  const consumers = new KafkaBatchServer({
    service: SERVICE,
    brokers,
    topics: ['orders'],
    ignore: untold,
    database,
    groupCommit,
  })
  return {
    module: NotificationModule,
    imports: [
      messagingModule(consumers),
      healthModule({ database: () => database.query('SELECT 1'), consumers: () => consumers.check() }),
    ],
    controllers: [NotificationsController, NotificationConsumers],
    providers: [
      { provide: Database, useValue: database },
      { provide: PRISMA, useValue: prisma },
      { provide: EffectWorker, useValue: emails },
      { provide: MAILER, useValue: mailer },
      { provide: OutboxRelay, useValue: new OutboxRelay({ databaseUrl, database, publisher }) },
      { provide: PUBLISHER, useValue: publisher },
      { provide: Customers, useValue: new Customers(customersOf(config.CUSTOMERS_FILE)) },
    ],
  }
}

const customersOf = (file: string): Customer[] => JSON.parse(readFileSync(file, 'utf8')) as Customer[]
