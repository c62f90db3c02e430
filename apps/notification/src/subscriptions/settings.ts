import { z } from 'zod'

/** What the environment may say of subscriptions; part of the service's configuration. */
export const subscriptionSettings = {
  /** Which addresses that are not public a webhook may have: none, loopback, or all. Without TLS only such are spoken to. */
  WEBHOOK_PRIVATE_ADDRESSES: z.enum(['refused', 'loopback', 'allowed']).default('refused'),
  /** For one delivery, milliseconds. */
  WEBHOOK_TIMEOUT_MS: z.coerce.number().int().min(100).max(60_000).default(10_000),
  /** Deliveries to one subscriber at the same time, by each process. */
  WEBHOOK_IN_FLIGHT: z.coerce.number().int().min(1).max(16).default(4),
  /** For so long a delivery is tried; an endpoint that failed for so long, whatever it was sent, is switched off. */
  WEBHOOK_PATIENCE_MINUTES: z.coerce
    .number()
    .positive()
    .max(7 * 24 * 60)
    .default(24 * 60),
  /** Before the second attempt, milliseconds; doubled each time, up to an hour. */
  WEBHOOK_FIRST_RETRY_MS: z.coerce.number().int().min(10).max(3_600_000).default(5_000),
  /** For so long a mail address may say that it wants to be told. */
  SUBSCRIPTION_CONFIRM_MINUTES: z.coerce
    .number()
    .positive()
    .max(7 * 24 * 60)
    .default(24 * 60),
  /** Where people see the console: the link in the mail that asks leads there. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).default('http://localhost:8080'),
  /** For so long the secret of before signs beside a new one. */
  WEBHOOK_SECRET_OVERLAP_MINUTES: z.coerce
    .number()
    .positive()
    .max(30 * 24 * 60)
    .default(24 * 60),
  /** For how long deliveries, and the messages that they were about, are kept: docs/retention.md. */
  DELIVERIES_RETENTION_HOURS: z.coerce
    .number()
    .min(24)
    .default(30 * 24),
}

export type SubscriptionSettings = Readonly<z.infer<z.ZodObject<typeof subscriptionSettings>>>
