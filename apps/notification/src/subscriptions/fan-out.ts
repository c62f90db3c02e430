import {
  type AnyMessage,
  encode,
  type MessageType,
  meansData,
  meansType,
  messageTypesOn,
  type Topic,
  uuidFrom,
} from '#libs/contracts'
import { type Part, type Sql, storableText, type UnitOfWork } from '#libs/database'
import type { Handler, HandlersOf } from '#libs/messaging'
import { Outbox } from '#libs/outbox'
import { topicOfQueue } from '../domain/subscriptions/subscription.ts'
import type { Directory, Subscriber } from './directory.ts'
import { insertDeliveries, insertEvents, type NewDelivery } from './sql/insert-deliveries.ts'

/** What may be subscribed to: facts. Commands and questions are between two services. */
export const factTopics = [
  ...(['orders', 'payments', 'inventory', 'shipments', 'notifications', 'subscriptions'] as const),
] satisfies Topic[]
type FactTopic = (typeof factTopics)[number]

/** Clocks of other machines may be so far behind ours. */
const SKEW_MS = 5_000

export interface FanOutOptions {
  readonly directory: Directory
  /** Older messages, which only a history that is read again has, are nobody's news: their claims may be forgotten. */
  readonly oldestMs: number
  readonly giveUpMs: number
  /** Deliveries were committed. */
  readonly onDeliveries: () => void
}

/**
 * Makes every fact a delivery for each subscriber who wants it, in the transaction that claims the message: one row for
 * each subscription and message, whatever is delivered twice. For a queue the outbox row is all that is left to do.
 */
export const fanOut = (options: FanOutOptions): HandlersOf<FactTopic> => {
  const handler: Handler = {
    isWanted: (type: MessageType) => options.directory.isWanted(type),
    handle: async (message, { uow }) => {
      const fact = message as AnyMessage
      const subscribers = await options.directory.current(uow)
      const told = subscribers.filter((subscriber) => wants(subscriber, fact, uow.now, options.oldestMs))
      if (told.length > 0) uow.part(FannedOut).add(fact, told, options)
      return undefined
    },
  }
  return Object.fromEntries(
    factTopics.flatMap((topic) => messageTypesOn(topic).map((type) => [type, handler])),
  ) as unknown as HandlersOf<FactTopic>
}

const wants = ({ filter, activeSince }: Subscriber, { type, time, data }: AnyMessage, now: Date, oldestMs: number) => {
  const atMs = Date.parse(time)
  if (atMs < activeSince.getTime() - SKEW_MS || atMs < now.getTime() - oldestMs) return false
  return meansType(filter, type) && meansData(filter, data)
}

/** The same for a message that is handled again. */
export const deliveryIdFor = (subscriptionId: string, eventId: string): string =>
  uuidFrom(`delivery of ${eventId} to ${subscriptionId}`)

/** What this unit of work fans out, written in two statements. */
class FannedOut implements Part {
  readonly #events = new Map<string, AnyMessage>()
  readonly #deliveries: NewDelivery[] = []
  #options: FanOutOptions | undefined

  constructor(private readonly uow: UnitOfWork) {}

  add(fact: AnyMessage, subscribers: readonly Subscriber[], options: FanOutOptions): void {
    const [key, subject] = [storableText(fact.key), storableText(fact.subject)]
    const event = { ...fact, key, subject, correlationId: storableText(fact.correlationId) } as AnyMessage
    this.#options = options
    for (const { id: subscriptionId, deliver } of subscribers) {
      const isDone = deliver.to === 'queue'
      if (isDone) this.uow.part(Outbox).addRaw(topicOfQueue(deliver.name) as Topic, encode(fact))
      else this.#events.set(event.id, event)
      this.#deliveries.push({
        id: deliveryIdFor(subscriptionId, event.id),
        ...{ subscriptionId, kind: 'event', eventId: event.id, eventType: event.type, eventKey: key, isDone },
      })
    }
  }

  async flush(sql: Sql): Promise<void> {
    const { giveUpMs, onDeliveries } = this.#options!
    const events = [...this.#events.values()]
    await Promise.all([
      events.length > 0 && insertEvents(sql, events, this.uow.now),
      insertDeliveries(sql, this.#deliveries, this.uow.now, giveUpMs),
    ])
    this.uow.afterCommit(onDeliveries)
  }
}
