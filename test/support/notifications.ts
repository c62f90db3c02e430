import { randomUUID } from 'node:crypto'
import { type Client, orderOf } from './client.ts'
import { until } from './until.ts'

/** One notification, as the notification service has it. */
export interface Told {
  readonly notificationId: string
  readonly kind: string
  readonly channel: string
  readonly status: string
  readonly tries?: number
  readonly replaces?: string
  readonly error?: string
}

/** A line in the ledger of a provider. */
export interface Taken {
  readonly idempotencyKey: string
  readonly to: string
  readonly text: string
}

/** What an order that goes well is told of. */
export const KINDS = ['order_completed', 'order_confirmed', 'order_shipped']

/** Says how a customer wants to be told; in German unless `preferences` say otherwise. */
export const prefer = (client: Client, customerId: string, preferences: object) =>
  client.call<Record<string, unknown>>(
    'PUT',
    `/api/customers/${customerId}/notification-preferences`,
    { locale: 'de', timeZone: 'Europe/Berlin', ...preferences },
    { 'idempotency-key': randomUUID(), 'x-actor': 'ada' },
  )

/** Changes how a provider behaves; waits for one that is being started. */
export const simulate = (client: Client, channel: 'sms' | 'push', settings: object) =>
  until(`the settings of ${channel}`, async () => {
    const { status, body } = await client.call('PUT', `/api/simulators/${channel}/settings`, settings)
    if (status >= 400 && status < 500) throw new Error(JSON.stringify(body))
    return status === 200 || undefined
  })

export const toldOf = async (client: Client, orderId: string): Promise<readonly Told[]> =>
  (await client.get<{ items: Told[] }>(`/api/notifications?orderId=${orderId}&limit=500`)).items

/** Once there are so many, and none is on its way; whoever is killed and cannot be asked meanwhile is asked again. */
export const allTold = (client: Client, orderId: string, count: number, timeoutMs?: number) => {
  let last: readonly Told[] = []
  const what = () => `${count} notifications of ${orderId} to be told; there are ${JSON.stringify(last)}`
  return until(
    what,
    async () => {
      last = await toldOf(client, orderId).catch(() => last)
      const isOver = last.every(({ status }) => status !== 'pending' && status !== 'waiting')
      return last.length === count && isOver ? last : undefined
    },
    timeoutMs === undefined ? {} : { timeoutMs },
  )
}

/** What a provider has taken, for one recipient or for all of them. */
export const ledger = async (client: Client, channel: 'sms' | 'push', to?: string): Promise<readonly Taken[]> => {
  const whose = to === undefined ? '' : `to=${encodeURIComponent(to)}&`
  return (await client.get<{ items: Taken[] }>(`/api/simulators/${channel}?${whose}limit=1000`)).items
}

/** An order that goes well. */
export const placeFor = (client: Client, customerId: string): Promise<string> =>
  client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 }, { customerId }))

/** Begins to redrive what is dead of the notifications, whose provider is back; resolves to how many they are. */
export const redrive = async (client: Client): Promise<number> => {
  const body = { filter: { service: 'notification', topic: 'notifications-normal' }, reason: 'the gateway is back' }
  const headers = { 'idempotency-key': randomUUID() }
  const answer = await client.call<{ total: number }>('POST', '/api/parked/redrive', body, headers)
  if (answer.status !== 202) throw new Error(`a redrive was answered ${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body.total
}

export const idsOf = (told: readonly Told[]): string[] => told.map(({ notificationId }) => notificationId).sort()
export const keysOf = (taken: readonly Taken[]): string[] => taken.map(({ idempotencyKey }) => idempotencyKey).sort()
