import { readFileSync } from 'node:fs'
import { PrismaPg } from '@prisma/adapter-pg'
import { sessionConfig } from '#libs/database'
import type { EffectDefinition } from '#libs/effects'
import { workedBy } from '#libs/messaging'
import { PersonalData } from '#libs/personal-data'
import { defineService, type Service } from '#libs/service'
import { credentials } from '#libs/service-tokens'
import { PrismaClient } from '#prisma/notification'
import { NotificationsController } from './api/notifications.controller.ts'
import { PreferencesController } from './api/preferences.controller.ts'
import { PreviewController } from './api/preview.controller.ts'
import { PRISMA } from './api/prisma.ts'
import { campaigns } from './campaigns/campaigns.ts'
import { mailProvider } from './channels/mail-provider.ts'
import { CALL_TIMEOUT_MS } from './channels/provider.ts'
import { textProvider } from './channels/text-provider.ts'
import type { Config } from './config.ts'
import { consumersFor } from './consumers.ts'
import { deliveries } from './deliveries.ts'
import { recordDelivery } from './delivery.ts'
import { type Customer, Customers } from './domain/customers.ts'
import { CONNECTIONS, type EmailKinds, emailRetry, type Mailer, smtpMailer } from './email.ts'
import { queuesOf } from './queues.ts'
import { SmtpConnections } from './smtp-connections.ts'
import { subscriptions } from './subscriptions/subscriptions.ts'
import { teller } from './tell.ts'
import { TurnTaker } from './turn-taker.ts'

/** A mail may be this much later, milliseconds; gathering for so long saves most of the transactions. */
const LINGER_MS = 25

export const notificationService = (config: Config): Service => {
  const prisma = new PrismaClient({ adapter: new PrismaPg(sessionConfig(config.DATABASE_URL)) })
  const personal = new PersonalData(config)
  const mailer = smtpMailer(config.SMTP_HOST, config.SMTP_PORT, personal)
  const onFile = customersOf(config.CUSTOMERS_FILE)
  const customers = new Customers(onFile)
  const limits = { perHour: config.NOTIFICATIONS_PER_HOUR, overdraft: config.NOTIFICATIONS_OVERDRAFT_PER_HOUR }
  const providers = providersOf(config)
  const tell = teller({ customers, limits, personal })
  const { routes, beside, retention } = subscriptions(config, (data) => personal.reveal(data))
  const campaigning = campaigns(
    tell,
    onFile.map(({ customerId }) => customerId),
  )
  return defineService({
    name: 'notification',
    config,
    handlers: consumersFor(tell),
    effects: emailCalls(mailer),
    queues: ({ database }) => {
      const handler = deliveries({ database, providers, customers, personal })
      return Object.values(queuesOf(config)).map((queue) => workedBy(queue, handler))
    },
    routes: [PreviewController, NotificationsController, PreferencesController, ...routes, ...campaigning.routes],
    providers: [
      { provide: PRISMA, useValue: prisma },
      { provide: PersonalData, useValue: personal },
    ],
    retention,
    beside: (parts) => {
      const [subscribers, campaigners] = [beside(parts), campaigning.beside(parts)]
      return {
        workers: [...campaigners.workers, new TurnTaker({ ...parts, limits }), ...subscribers.workers],
        providers: [...campaigners.providers, ...subscribers.providers],
      }
    },
    commit: { lingerMs: LINGER_MS },
    resources: [mailer, ...Object.values(providers), { close: () => prisma.$disconnect() }, personal],
  })
}

/** The channels of what is on the queues; mails at once have connections of their own, so that neither waits for the other. */
const providersOf = ({ SMTP_HOST: host, SMTP_PORT: port, SIMULATORS_URL, SERVICE_KEY_FILE }: Config) => {
  const shows = credentials(SERVICE_KEY_FILE, 'notification', 'simulators')
  return {
    email: mailProvider(new SmtpConnections({ host, port, connections: CONNECTIONS, timeoutMs: CALL_TIMEOUT_MS })),
    sms: textProvider('sms', SIMULATORS_URL, CONNECTIONS, shows),
    push: textProvider('push', SIMULATORS_URL, CONNECTIONS, shows),
  }
}

const emailCalls = (mailer: Mailer): EffectDefinition<EmailKinds> => ({
  concurrency: CONNECTIONS,
  perform: { email: (email, signal) => mailer.send(email, signal) },
  retry: emailRetry,
  apply: recordDelivery,
})

const customersOf = (file: string): Customer[] => JSON.parse(readFileSync(file, 'utf8')) as Customer[]
