import { consequenceId, type Message, uuidFrom } from '#libs/contracts'

export interface WorkerOptions {
  readonly brokers: readonly string[]
  readonly databaseUrl: string
  readonly name: string
  readonly logFile: string
  readonly locksMs: number
}

/** The `n`-th message; its customer says how often it is to be tried. */
export const workOf = (n: number): Message<'payment.capture'> => {
  const orderId = uuidFrom(`work/${n}`)
  return {
    ...{ id: consequenceId(orderId, 0), type: 'payment.capture', source: '/waybill/order', subject: orderId },
    ...{ time: '2026-01-01T00:00:00.000Z', key: `customer-${n}`, correlationId: orderId, causationId: orderId },
    data: { orderId, customerId: `customer-${n}` },
  }
}

/** One in twenty fails once, one in fifty twice. */
export const triesOf = (customerId: string): number => {
  const n = Number(customerId.slice('customer-'.length))
  if (n % 50 === 7) return 3
  return n % 20 === 3 ? 2 : 1
}
