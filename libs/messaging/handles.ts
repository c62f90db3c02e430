import { EventPattern } from '@nestjs/microservices'
import { PARAM_ARGS_METADATA } from '@nestjs/microservices/constants.js'
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
    // Without any decorated parameters Nest hands on whatever the transport calls it with, both of them. That costs half
    // of what Payload() and Ctx() do, which are resolved through pipes each time.
    Reflect.defineMetadata(PARAM_ARGS_METADATA, {}, target.constructor, name)
    ;(EventPattern(types) as MethodDecorator)(target, name, descriptor as PropertyDescriptor)
  }
