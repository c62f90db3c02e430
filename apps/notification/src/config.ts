import { z } from 'zod'
import { loadConfig, serviceEnvironment } from '#libs/http'
import { personalDataSettings } from '#libs/personal-data'
import { subscriptionSettings } from './subscriptions/settings.ts'

const count = (least: number, most: number) => z.coerce.number().int().min(least).max(most)
/** As long as Kafka lets a record be invisible without being renewed. */
const visibility = count(15_000, 60_000)

export const notificationEnvironment = {
  ...serviceEnvironment,
  ...personalDataSettings,
  ...subscriptionSettings,
  SMTP_HOST: z.string().default('127.0.0.1'),
  SMTP_PORT: z.coerce.number().int().min(1).max(65_535),
  /** Where the SMS gateway and the push service are. */
  SIMULATORS_URL: z.url({ protocol: /^https?$/ }),
  /** A JSON array of `{ customerId, name, email }`. */
  CUSTOMERS_FILE: z.string().default('data/customers.json'),
  /** Notifications for one customer in any hour; the rest waits its turn. */
  NOTIFICATIONS_PER_HOUR: count(1, 1_000_000).default(100),
  /** What urgent ones may have beyond that. */
  NOTIFICATIONS_OVERDRAFT_PER_HOUR: count(0, 1_000_000).default(20),
  /** Of each process, for urgent ones and for usual ones; how many it begins with. */
  NOTIFICATION_WORKERS: count(1, 64).default(5),
  NOTIFICATION_LOW_WORKERS: count(1, 64).default(2),
  NOTIFICATION_VISIBILITY_MS: visibility.default(30_000),
  NOTIFICATION_LOW_VISIBILITY_MS: visibility.default(60_000),
  NOTIFICATION_TRIES: count(1, 20).default(3),
  /** Before the second try; twice as long before each further one. */
  NOTIFICATION_BACKOFF_MS: count(1, 3_600_000).default(60_000),
}

export const config = () => loadConfig(notificationEnvironment)

export type Config = ReturnType<typeof config>
