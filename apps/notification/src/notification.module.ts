import { readFileSync } from 'node:fs'
import { PrismaPg } from '@prisma/adapter-pg'
import { sessionConfig } from '#libs/database'
import type { EffectDefinition } from '#libs/effects'
import { defineService, type Service } from '#libs/service'
import { PrismaClient } from '#prisma/notification'
import { NotificationsController } from './api/notifications.controller.ts'
import { PRISMA } from './api/prisma.ts'
import type { Config } from './config.ts'
import { consumersFor } from './consumers.ts'
import { recordDelivery } from './delivery.ts'
import { type Customer, Customers } from './domain/customers.ts'
import { CONNECTIONS, type EmailKinds, emailRetry, type Mailer, smtpMailer } from './email.ts'
import { subscriptions } from './subscriptions/subscriptions.ts'

/** A mail may be this much later, milliseconds; gathering for so long saves most of the transactions. */
const LINGER_MS = 25

export const notificationService = (config: Config): Service => {
  const prisma = new PrismaClient({ adapter: new PrismaPg(sessionConfig(config.DATABASE_URL)) })
  const mailer = smtpMailer(config.SMTP_HOST, config.SMTP_PORT)
  const { routes, ...subscribers } = subscriptions(config)
  return defineService({
    ...subscribers,
    name: 'notification',
    config,
    handlers: consumersFor(new Customers(customersOf(config.CUSTOMERS_FILE))),
    effects: emailCalls(mailer),
    routes: [NotificationsController, ...routes],
    providers: [{ provide: PRISMA, useValue: prisma }],
    commit: { lingerMs: LINGER_MS },
    resources: [mailer, { close: () => prisma.$disconnect() }],
  })
}

const emailCalls = (mailer: Mailer): EffectDefinition<EmailKinds> => ({
  concurrency: CONNECTIONS,
  perform: { email: (email, signal) => mailer.send(email, signal) },
  retry: emailRetry,
  apply: recordDelivery,
})

const customersOf = (file: string): Customer[] => JSON.parse(readFileSync(file, 'utf8')) as Customer[]
