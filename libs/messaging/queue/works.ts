import type { MessageType } from '#libs/contracts'
import type { Queue } from './queue.ts'
import type { QueueHandler, WorkContext, Worked, WorkFunction } from './work.ts'

const WORKS = Symbol('works')

interface Declared {
  readonly queue: string
  readonly method: string
}

// biome-ignore lint/suspicious/noExplicitAny: of a queue that is only named nobody knows the types
type AnyWorkFunction = (message: any, context: WorkContext) => Worked | Promise<Worked>

type Decorator<F> = <G extends F>(target: object, method: string, descriptor: TypedPropertyDescriptor<G>) => void

/**
 * Makes a provider's method the handler of a queue that its service declares: `@Works(mails)`, where the compiler sees that
 * it takes the queue's messages, or `@Works('mails')`.
 */
export function Works<T extends MessageType>(queue: Queue<T>): Decorator<WorkFunction<T>>
export function Works(queue: string): Decorator<AnyWorkFunction>
export function Works(queue: string | Queue): Decorator<AnyWorkFunction> {
  const name = typeof queue === 'string' ? queue : queue.name
  return (target, method) => {
    const type = target.constructor as unknown as { [WORKS]?: Declared[] }
    type[WORKS] = [...(Object.hasOwn(type, WORKS) ? type[WORKS]! : []), { queue: name, method }]
  }
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
