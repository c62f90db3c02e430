import type { INestApplication } from '@nestjs/common'
import {
  Consequences,
  causeOf,
  type DataOf,
  type Message,
  type MessageType,
  type Topic,
  topicOf,
  uuidFrom,
} from '#libs/contracts'
import { GroupCommit } from '#libs/database'
import type { Refusal } from '#libs/decider'
import type { HandlersOf } from '#libs/messaging'

let count = 0

/** Brings a message to a service's handlers as its consumer would, without inbox and broker; answers what it made of it. */
export const deliver = <T extends MessageType>(
  app: INestApplication,
  { service, handlers }: { readonly service: string; readonly handlers: Partial<HandlersOf<Topic>> },
  type: T,
  data: DataOf<T> & { orderId: string; customerId: string },
  id: string = uuidFrom(`delivered ${++count}`),
): Promise<Refusal | undefined> => {
  const { orderId, customerId } = data
  const handler = handlers[type as MessageType]
  if (handler === undefined || handler === 'ignore') throw new Error(`${service} does not handle ${type}`)
  const message = {
    ...{ id, type, data, source: '/waybill/test', subject: orderId, key: customerId },
    ...{ time: new Date().toISOString(), correlationId: orderId, causationId: orderId },
    ...(handler.only === undefined ? {} : { coordination: handler.only }),
  } as Message<T>
  const position = { topic: topicOf(type), partition: 0, offset: BigInt(++count) }
  return app.get(GroupCommit).submit({
    announce: (uow) => handler.announce?.(message as never, uow, position),
    run: async (uow) => {
      const consequences = new Consequences(causeOf(message), `/waybill/${service}`, uow.now)
      return (await handler.handle(message as never, { uow, consequences, position })) ?? undefined
    },
  })
}
