import { EventPattern } from '@nestjs/microservices'
import type { Message, MessageType } from '#libs/contracts'
import type { MessageContext } from './handlers.ts'

type MessageOf<T extends MessageType> = { [M in T]: Message<M> }[T]

type HandlerDecorator<T extends MessageType> = <Result extends Promise<void> | void>(
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<(message: MessageOf<T>, context: MessageContext) => Result>,
) => void

/** Nest's `@EventPattern` for one or several message types, with the handler's parameters checked against them. */
export const Handles = <T extends MessageType>(...types: readonly T[]): HandlerDecorator<T> =>
  EventPattern(types) as unknown as HandlerDecorator<T>
