import { Consequences, causeOf, type EventFilter, type Message, topicOf, uuidFrom } from '#libs/contracts'
import { Database, GroupCommit, type UnitOfWork } from '#libs/database'
import type { Refusal } from '#libs/decider'
import { testDatabase } from '#libs/testing'
import type { Patience } from '../domain/subscriptions/attempt.ts'
import type { Destination, Subscription } from '../domain/subscriptions/subscription.ts'
import { DeliveryWorker } from './delivery/delivery-worker.ts'
import { Senders } from './delivery/senders.ts'
import { Directory } from './directory.ts'
import { fanOut } from './fan-out.ts'
import { type DeliveryRow, listDeliveries } from './sql/list-deliveries.ts'
import { readSubscription } from './sql/read-subscriptions.ts'
import { SubscriptionCommands } from './subscription-commands.ts'

const DAY_MS = 86_400_000

export const quick: Patience = { giveUpMs: DAY_MS, firstRetryMs: 20, longestRetryMs: 1_000 }

/** Everything that subscriptions are made of, on a database of its own, but without a broker: facts are handed in. */
export const startSubscriptions = async ({
  patience = quick,
  smtpPort = 1,
  confirmMs = DAY_MS,
}: {
  patience?: Patience
  smtpPort?: number
  confirmMs?: number
} = {}) => {
  const server = await testDatabase('notification')
  const database = new Database(server.url)
  const groupCommit = new GroupCommit(database)
  const directory = new Directory(database)
  const startWorker = () => {
    const senders = new Senders({
      reveal: async (data) => data,
      ...{ brokers: [], smtp: { host: '127.0.0.1', port: smtpPort }, publicUrl: 'http://localhost' },
      ...{ privateAddresses: 'loopback', timeoutMs: 2_000, inFlight: 2 },
    })
    const worker = new DeliveryWorker({
      ...{ database, groupCommit, patience, timeoutMs: 2_000, inFlight: 2 },
      send: (delivery, stopped) => senders.send(delivery, stopped),
      onChanged: () => directory.changed(),
    })
    worker.start()
    return { worker, senders }
  }
  const running = startWorker()
  const handlers = fanOut({
    ...{ directory, oldestMs: 14 * DAY_MS, giveUpMs: patience.giveUpMs },
    onDeliveries: () => running.worker.wake(),
  })
  const times = { giveUpMs: patience.giveUpMs, confirmMs, secretOverlapMs: DAY_MS }
  const commands = new SubscriptionCommands(times, () => {
    directory.changed()
    running.worker.wake()
  })
  const run = <T>(work: (uow: UnitOfWork) => Promise<T>): Promise<T> => groupCommit.submit({ run: work })
  const done = <T extends object>(outcome: T | Refusal): T => {
    if ('refused' in outcome) throw new Error(JSON.stringify(outcome))
    return outcome as T
  }
  return {
    database,
    groupCommit,
    directory,
    commands,
    subscribe: async (filter: EventFilter, deliver: Destination): Promise<Subscription> =>
      done(await run((uow) => commands.create(uow, { filter, deliver }))),
    work: async <T extends object>(what: (uow: UnitOfWork) => Promise<T | Refusal>): Promise<T> =>
      done(await run(what)),
    find: async (id: string): Promise<Subscription> => (await readSubscription(database, id))!,
    deliveries: async (id: string): Promise<DeliveryRow[]> =>
      (await listDeliveries(database, id, { state: undefined, before: 2n ** 62n, limit: 1_000 })).toReversed(),
    /** Brings facts to the fan-out in one transaction, as its consumer would, but without an inbox. */
    tell: (...facts: readonly Message[]): Promise<void> =>
      run(async (uow) => {
        for (const fact of facts) {
          const handler = handlers[fact.type as 'order.placed']
          if (handler === 'ignore') throw new Error('facts are not ignored')
          const consequences = new Consequences(causeOf(fact), '/waybill/subscriptions', uow.now)
          const position = { topic: topicOf(fact.type), partition: 0, offset: 0n }
          await handler.handle(fact as never, { uow, consequences, position })
        }
      }),
    async [Symbol.asyncDispose]() {
      await running.worker.stop()
      await running.senders.close()
      await database.close()
      await server.drop()
    },
  }
}

let count = 0

/** A fact about an order that is placed, of a customer. */
export const placed = (amount = 12_000, customerId = 'cust-0001', name = `placed ${++count}`): Message => {
  const orderId = uuidFrom(name)
  return {
    ...{ id: uuidFrom(`fact ${name}`), type: 'order.placed', source: '/waybill/order', subject: orderId },
    ...{ time: new Date().toISOString(), key: customerId, correlationId: orderId, causationId: orderId },
    data: { orderId, customerId, total: { amount, currency: 'EUR' } } as never,
  }
}
