import { Ctx, EventPattern, Payload } from '@nestjs/microservices'
import type { Message, MessageType } from '#libs/contracts'
import type { MessageContext } from './handlers.ts'

type MessageOf<T extends MessageType> = { [M in T]: Message<M> }[T]

type HandlerDecorator<T extends MessageType> = <Result extends Promise<void> | void>(
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<(message: MessageOf<T>, context: MessageContext) => Result>,
) => void

/**
 * Makes a method of a Nest controller the handler of one or several message types: Nest's `@EventPattern`, with the
 * method's parameters checked against the types, and given to it: the message, then its context.
 */
export const Handles =
  <T extends MessageType>(...types: T[]): HandlerDecorator<T> =>
  (target, name, descriptor) => {
    // Without these Nest calls a handler with the message alone.
    Payload()(target, name, 0)
    Ctx()(target, name, 1)
    ;(EventPattern(types) as MethodDecorator)(target, name, descriptor as PropertyDescriptor)
  }
