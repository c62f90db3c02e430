import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { encode, type Message, type NotificationDelivery, topicOf } from '#libs/contracts'
import { type KafkaPublisher, kafkaPublisher } from '#libs/messaging'
import type { Client } from '../test/support/client.ts'
import type { RunningSystem } from '../test/support/system.ts'
import { until } from '../test/support/until.ts'
import { ms, percentile, report } from './figures.ts'

type Priority = NotificationDelivery['priority']
type Channel = NotificationDelivery['channel']

/** Urgent ones that are timed, one after the other. */
const TIMED = 200
/** Of each channel, for its throughput. */
const PER_CHANNEL = 2_000
const BATCH = 1_000
const PATIENCE_MS = 600_000

/**
 * From the moment at which an urgent notification is put on its queue to that at which the SMS gateway has it: at rest, and
 * while `waiting` unimportant ones are worked. Then how many of each channel go out in a second.
 */
export const notifications = async (system: RunningSystem, client: Client, waiting: number): Promise<void> => {
  for (const channel of ['sms', 'push'])
    await client.call('PUT', `/api/simulators/${channel}/settings`, {
      latencyMs: 5,
      faultRate: 0,
      throttlePerSecond: 0,
    })
  const publisher = kafkaPublisher({ brokers: system.brokers, clientId: 'bench' })
  try {
    await timed(publisher, client, 20)
    const idle = await timed(publisher, client, TIMED)
    const last = await publish(publisher, { priority: 'low', channel: 'sms', count: waiting })
    const busy = await timed(publisher, client, TIMED)
    const stillWaits = (await taken(client, 'sms', last)).length === 0
    const [idleMs, busyMs] = [percentile(idle, 99), percentile(busy, 99)]
    report(
      `urgent notification, p99 at rest and behind ${waiting}`,
      `${ms(idleMs)} / ${ms(busyMs)} ms`,
      '≤ 2 × at rest',
      busyMs <= 2 * idleMs,
    )
    if (!stillWaits) console.log('nothing waited any more at the end of it: the figure is none, take more')
    await until('the backlog to be worked', async () => (await taken(client, 'sms', last))[0], {
      timeoutMs: PATIENCE_MS,
      everyMs: 500,
    })
    for (const channel of ['email', 'sms', 'push'] as const) await throughputOf(publisher, client, channel)
  } finally {
    await publisher.close()
  }
}

/** Milliseconds from publishing to the gateway's own record of it, of one after the other. */
const timed = async (publisher: KafkaPublisher, client: Client, count: number): Promise<number[]> => {
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    const sentAt = Date.now()
    const to = await publish(publisher, { priority: 'high', channel: 'sms', count: 1 })
    const arrived = await until('it to arrive', async () => (await taken(client, 'sms', to))[0], {
      timeoutMs: PATIENCE_MS,
      everyMs: 20,
    })
    times.push(Date.parse(arrived.receivedAt) - sentAt)
  }
  return times
}

/** All at once on the queue of usual ones, from the first publish to the last arrival. */
const throughputOf = async (publisher: KafkaPublisher, client: Client, channel: Channel): Promise<void> => {
  const startedAt = Date.now()
  const last = await publish(publisher, { priority: 'normal', channel, count: PER_CHANNEL })
  await until(`the last ${channel}`, async () => (await taken(client, channel, last))[0], {
    timeoutMs: PATIENCE_MS,
    everyMs: 100,
  })
  // The last one published is not the last one worked; the pool's width apart, it is.
  const seconds = (Date.now() - startedAt) / 1_000
  console.log(
    `${`${channel}, ${PER_CHANNEL} at once`.padEnd(44)} ${`${Math.round(PER_CHANNEL / seconds)}/s`.padStart(22)}`,
  )
}

/** Each for a recipient of its own; answers the last one. */
const publish = async (
  publisher: KafkaPublisher,
  { priority, channel, count }: { priority: Priority; channel: Channel; count: number },
): Promise<string> => {
  let last = ''
  for (let from = 0; from < count; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, count - from) }, () => deliveryOf(priority, channel))
    await publisher.publish(batch.map((message) => ({ topic: topicOf(message.type), record: encode(message) })))
    last = batch.at(-1)!.data.to
    await pause(0)
  }
  return last
}

const deliveryOf = (priority: Priority, channel: Channel) => {
  const [notificationId, orderId] = [randomUUID(), randomUUID()]
  const digits = String(Math.floor(Math.random() * 1e12)).padStart(12, '0')
  const to = { email: `bench-${digits}@example.com`, sms: `+1${digits}`, push: `bench-${digits}` }[channel]
  const customerId = `bench-${digits}`
  return {
    ...{ id: notificationId, type: `notification.deliver-${priority}`, source: '/waybill/bench', subject: orderId },
    ...{ time: new Date().toISOString(), key: customerId, correlationId: orderId, causationId: orderId },
    data: {
      ...{ notificationId, orderId, customerId, kind: 'order_completed', channel, to, priority },
      ...{ locale: 'en', template: 'order_completed', templateVersion: 1, values: { orderId } },
    },
  } as Message<`notification.deliver-${Priority}`>
}

const taken = async (client: Client, channel: Channel, to: string): Promise<readonly { receivedAt: string }[]> => {
  const path = channel === 'email' ? 'mailbox' : channel
  const { items } = await client.get<{ items: { receivedAt: string }[] }>(
    `/api/simulators/${path}?to=${encodeURIComponent(to)}&limit=1`,
  )
  return items
}
