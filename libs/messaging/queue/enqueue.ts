import { encode, type Message, type MessageType, type Topic } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { Inbox } from '#libs/inbox'
import { Outbox } from '#libs/outbox'
import { DelayedMessages } from './delayed/delayed-messages.ts'
import type { Queue } from './queue.ts'

/** What the inbox knows the messages of a queue by that were worked. */
export const inboxOf = (queue: string): string => `queue ${queue}`

/** Puts a message into a queue if, and only if, this unit of work commits: through the outbox. */
export const enqueue = <T extends MessageType>(uow: UnitOfWork, queue: Queue<T>, message: Message<T>): void =>
  uow.part(Outbox).addRaw(queue.name as Topic, encode(message as Message))

/**
 * The same for a message that nobody is to see before its time. In the service that works the queue only, whose delay
 * queue keeps it. False when a message of this id was put into the queue before.
 */
export const enqueueLater = async <T extends MessageType>(
  uow: UnitOfWork,
  queue: Queue<T>,
  message: Message<T>,
  dueAt: Date,
): Promise<boolean> => {
  const isNew = (await uow.part(Inbox).claim(inboxOf(queue.name), [message.id])).has(message.id)
  if (!isNew) return false
  const { key, value, headers } = encode(message as Message)
  uow.part(DelayedMessages).add({
    ...{ queue: queue.name, messageId: message.id, attempts: 0, error: null, dueAt },
    position: { topic: queue.name as Topic, partition: 0, offset: 0n },
    raw: { key: Buffer.from(key), value: Buffer.from(value), headers },
  })
  return true
}
