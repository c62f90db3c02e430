import type { Database, GroupCommit, Retention } from '#libs/database'
import { inboxRetention } from '#libs/inbox'
import { KafkaBatchServer } from '#libs/messaging'
import type { ServiceDefinition } from '#libs/service'
import type { Patience } from '../domain/subscriptions/attempt.ts'
import { SubscriptionsController } from './api/subscriptions.controller.ts'
import { DeliveryWorker } from './delivery/delivery-worker.ts'
import { Senders, type SendersOptions } from './delivery/senders.ts'
import { Directory } from './directory.ts'
import { fanOut } from './fan-out.ts'
import type { SubscriptionSettings } from './settings.ts'
import { SubscriptionCommands } from './subscription-commands.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

export type SubscriptionsConfig = SubscriptionSettings & {
  readonly KAFKA_BROKERS: readonly string[]
  readonly SMTP_HOST: string
  readonly SMTP_PORT: number
  readonly INBOX_RETENTION_HOURS?: number | undefined
}

export const patienceOf = (config: SubscriptionSettings): Patience => ({
  giveUpMs: config.WEBHOOK_PATIENCE_MINUTES * MINUTE_MS,
  firstRetryMs: config.WEBHOOK_FIRST_RETRY_MS,
  longestRetryMs: Math.max(HOUR_MS, config.WEBHOOK_FIRST_RETRY_MS),
})

/**
 * What the service has to do with subscribers of their own: a consumer with a group of its own, so that what they are told
 * never holds up what customers are, and the other way round; the worker that tells them; and the API.
 */
export const subscriptions = (
  config: SubscriptionsConfig,
  reveal: SendersOptions['reveal'],
): Pick<Required<ServiceDefinition>, 'beside' | 'routes' | 'retention'> => ({
  beside: (parts) => {
    const { workers, commands } = partsOf(config, reveal, parts)
    return { workers, providers: [{ provide: SubscriptionCommands, useValue: commands }] }
  },
  routes: [SubscriptionsController],
  retention: retentionOf(config),
})

const partsOf = (
  config: SubscriptionsConfig,
  reveal: SendersOptions['reveal'],
  parts: { readonly database: Database; readonly groupCommit: GroupCommit },
) => {
  const { database, groupCommit } = parts
  const { WEBHOOK_TIMEOUT_MS: timeoutMs, WEBHOOK_IN_FLIGHT: inFlight, KAFKA_BROKERS: brokers } = config
  const patience = patienceOf(config)
  const directory = new Directory(database)
  const senders = new Senders({
    ...{ brokers, timeoutMs, inFlight, reveal },
    smtp: { host: config.SMTP_HOST, port: config.SMTP_PORT },
    publicUrl: config.PUBLIC_URL,
    privateAddresses: config.WEBHOOK_PRIVATE_ADDRESSES,
  })
  const worker = new DeliveryWorker({
    ...{ database, groupCommit, patience, timeoutMs, inFlight },
    send: (delivery, stopped) => senders.send(delivery, stopped),
    onChanged: () => directory.changed(),
  })
  const keptMs = config.INBOX_RETENTION_HOURS ? config.INBOX_RETENTION_HOURS * HOUR_MS : inboxRetention.keptMs
  const handlers = fanOut({
    ...{ directory, giveUpMs: patience.giveUpMs, onDeliveries: () => worker.wake() },
    oldestMs: Math.max(keptMs - DAY_MS, keptMs / 2),
  })
  const consumer = new KafkaBatchServer({
    ...{ service: 'subscriptions', process: 'notification', brokers, handlers, database, groupCommit },
    passesOverUnreadable: true,
  })
  const commands = new SubscriptionCommands(
    {
      giveUpMs: patience.giveUpMs,
      confirmMs: config.SUBSCRIPTION_CONFIRM_MINUTES * MINUTE_MS,
      secretOverlapMs: config.WEBHOOK_SECRET_OVERLAP_MINUTES * MINUTE_MS,
    },
    () => {
      directory.changed()
      worker.wake()
    },
  )
  const consuming = { start: () => consumer.listen(() => {}), stop: () => consumer.close() }
  const sending = { start: () => {}, stop: () => senders.close() }
  return { commands, workers: [consuming, worker, directory, sending] }
}

/** A message is kept for as long as the last delivery of it may be repeated, and a day more. */
const retentionOf = ({ DELIVERIES_RETENTION_HOURS: hours }: SubscriptionSettings): Retention[] => [
  { table: 'subscription_deliveries', column: 'created_at', keptMs: hours * HOUR_MS },
  { table: 'subscribed_events', column: 'created_at', keptMs: hours * HOUR_MS + DAY_MS },
]
