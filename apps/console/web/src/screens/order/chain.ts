import type { OrderMessage } from '../../server/types.ts'

export interface Chain {
  /** What led to it, the first cause first. */
  readonly causes: readonly OrderMessage[]
  /** The id of what began it, which is no message: a request, an outside call, a timer. */
  readonly root: string | null
  readonly effects: readonly OrderMessage[]
}

/** What a message came from, and what came from it. */
export const chainOf = (message: OrderMessage, all: readonly OrderMessage[]): Chain => {
  const byId = new Map(all.map((each) => [each.id, each]))
  const causes: OrderMessage[] = []
  let root = message.causationId
  // An id that names itself, or two that name each other, end the chain.
  for (let cause = byId.get(root); cause !== undefined && !causes.includes(cause); cause = byId.get(root)) {
    causes.unshift(cause)
    root = cause.causationId
  }
  return { causes, root, effects: all.filter(({ causationId, id }) => causationId === message.id && id !== message.id) }
}
