import type { Config } from './config.ts'

/** Everything that the gateway forwards to, with its address. */
export const servicesOf = (config: Config) => ({
  order: config.ORDER_URL,
  payment: config.PAYMENT_URL,
  inventory: config.INVENTORY_URL,
  fulfillment: config.FULFILLMENT_URL,
  notification: config.NOTIFICATION_URL,
  query: config.QUERY_URL,
  analytics: config.ANALYTICS_URL,
  simulators: config.SIMULATORS_URL,
})

export type ServiceName = keyof ReturnType<typeof servicesOf>

/** The services that consume messages and so can have parked some. */
export const consuming = [
  'order',
  'payment',
  'inventory',
  'fulfillment',
  'notification',
  'query',
  'analytics',
] as const satisfies readonly ServiceName[]
