import type { AnyMessage } from '#libs/contracts'

/** What became of a question. */
export type Answer<Reply> =
  | { readonly outcome: 'answered'; readonly reply: Reply }
  /** Whoever was asked says that it could not tell; asking again may help. */
  | { readonly outcome: 'failed'; readonly detail: string }
  /** Time is up. Whether the question arrived is not known; a reply that still comes is dropped. */
  | { readonly outcome: 'silent' }
  /** It was not asked: so many questions wait for their reply already. */
  | { readonly outcome: 'refused' }

export type AnyAnswer = Answer<AnyMessage>

interface Waiting {
  readonly settle: (answer: AnyAnswer) => void
  readonly timer: NodeJS.Timeout
}

/** The questions that wait for their reply, each until its deadline: every one is settled once, and by its own reply. */
export class InFlight {
  readonly #waiting = new Map<string, Waiting>()

  constructor(private readonly most: number) {}

  /** Resolves with what becomes of the question; at once when too many wait. */
  wait(correlationId: string, ms: number): Promise<AnyAnswer> {
    if (this.#waiting.size >= this.most) return Promise.resolve({ outcome: 'refused' })
    if (this.#waiting.has(correlationId)) throw new Error(`question ${correlationId} was asked before`)
    return new Promise((settle) => {
      const timer = setTimeout(() => this.#settle(correlationId, { outcome: 'silent' }), ms)
      this.#waiting.set(correlationId, { settle, timer })
    })
  }

  isWaiting(correlationId: string): boolean {
    return this.#waiting.has(correlationId)
  }

  /** False when nobody waits for it: it is late, came before, or was never asked for. */
  reply(reply: AnyMessage): boolean {
    return this.#settle(
      reply.correlationId,
      reply.type === 'request.failed'
        ? { outcome: 'failed', detail: reply.data.detail }
        : { outcome: 'answered', reply },
    )
  }

  /** Whoever still waits is told that nobody answered. */
  giveUp(): void {
    for (const correlationId of [...this.#waiting.keys()]) this.#settle(correlationId, { outcome: 'silent' })
  }

  #settle(correlationId: string, answer: AnyAnswer): boolean {
    const waiting = this.#waiting.get(correlationId)
    if (waiting === undefined) return false
    clearTimeout(waiting.timer)
    this.#waiting.delete(correlationId)
    waiting.settle(answer)
    return true
  }
}
