import type { MessageHandler } from '@nestjs/microservices'
import { isObservable, lastValueFrom } from 'rxjs'
import { type MessageType, messageTypesOn, type Topic } from '#libs/contracts'
import type { Handle, HandlerTable } from './handlers.ts'

/**
 * Message type → handler, for all types on the topics. Throws, naming them, when types have neither a handler nor an
 * entry in `ignore`, or handlers or entries are of no use: a service that would park or drop messages must not start.
 */
export const handlerTable = (
  topics: readonly Topic[],
  ignore: readonly MessageType[],
  handlers: ReadonlyMap<string, MessageHandler>,
): HandlerTable => {
  const table = new Map<MessageType, Handle | 'ignore'>()
  const problems: string[] = []
  for (const type of topics.flatMap(messageTypesOn)) {
    const handler = handlers.get(type)
    if (handler === undefined && !ignore.includes(type)) problems.push(`${type} has no handler`)
    else if (handler !== undefined && ignore.includes(type)) problems.push(`${type} has a handler and is ignored`)
    else table.set(type, handler === undefined ? 'ignore' : callable(handler))
  }
  for (const type of [...handlers.keys(), ...ignore])
    if (!table.has(type as MessageType) && !problems.some((problem) => problem.startsWith(`${type} `)))
      problems.push(`${type} is on none of the topics ${topics.join(', ')}`)
  if (problems.length > 0) throw new Error(`cannot consume: ${problems.join('; ')}`)
  return table
}

/**
 * Nest gives a handler back wrapped: a promise of what the method returned or, when it threw, of an observable that
 * fails with the error (`connectConsumers` sees to it that it is the original one).
 */
const callable =
  (handler: MessageHandler): Handle =>
  async (message, context) => {
    const result: unknown = await handler(message, context)
    if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined })
  }
