import { EventPattern } from '@nestjs/microservices'
import type { Message, MessageType } from '#libs/contracts'
import type { MessageContext } from './handlers.ts'

type HandlerDecorator<T extends MessageType> = (
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<(message: Message<T>, context: MessageContext) => Promise<void> | void>,
) => void

/** Nest's `@EventPattern`, with the handler's parameters checked against the message type. */
export const Handles = <T extends MessageType>(type: T): HandlerDecorator<T> =>
  EventPattern<T>(type) as unknown as HandlerDecorator<T>
