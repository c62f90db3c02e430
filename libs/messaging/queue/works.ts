import type { MessageType } from '#libs/contracts'
import type { Queue } from './queue.ts'
import type { QueueHandler, WorkFunction } from './work.ts'

const WORKS = Symbol('works')

interface Declared {
  readonly queue: string
  readonly method: string
}

/**
 * Makes a provider's method the handler of a queue that its service declares: `@Works(mails)`, or `@Works('mails')` where
 * the compiler need not see that it takes the queue's messages.
 */
export const Works =
  <T extends MessageType>(queue: string | Queue<T>) =>
  (target: object, method: string, _descriptor: TypedPropertyDescriptor<WorkFunction<T>>): void => {
    const type = target.constructor as unknown as { [WORKS]?: Declared[] }
    const name = typeof queue === 'string' ? queue : queue.name
    type[WORKS] = [...(Object.hasOwn(type, WORKS) ? type[WORKS]! : []), { queue: name, method }]
  }

/** The handlers among these objects, by queue. Throws when a queue has two. */
export const worksOf = (providers: readonly object[]): ReadonlyMap<string, QueueHandler> => {
  const found = new Map<string, QueueHandler>()
  for (const provider of providers) {
    for (const { queue, method } of declaredBy(provider.constructor)) {
      if (found.has(queue)) throw new Error(`queue ${queue} has two handlers`)
      const works = provider as Record<string, WorkFunction>
      found.set(queue, { work: (message, context) => works[method]!(message, context) })
    }
  }
  return found
}

/** Of the class, and of those that it extends. */
const declaredBy = (type: unknown): readonly Declared[] =>
  (type as { [WORKS]?: readonly Declared[] } | undefined)?.[WORKS] ?? []
