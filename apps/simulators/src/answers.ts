import { hash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { refusal } from './refusal.ts'
import { rowOf, type Store } from './store/store.ts'

/** What a client gets: a body, or for a status from 400 on the refusal that becomes problem+json. */
export type Answer =
  | { readonly status: 200 | 201 | 202; readonly body: Readonly<Record<string, unknown>> }
  | { readonly status: 402 | 404 | 409 | 422; readonly code: string; readonly detail: string }

/** How an answer is kept, so that the same request can be answered again. */
export interface Answered {
  readonly idempotencyKey: string
  readonly fingerprint: string
  readonly answer: Answer
}

interface Row {
  readonly fingerprint: string
  readonly answer: string
}

/**
 * Idempotency keys of one simulator. The same key with the same request has its effect once and gets the same answer
 * every time, also while the first one is still under way and after a restart; with another request it is refused.
 */
export class Answers {
  readonly #find
  readonly #insert

  constructor(
    private readonly store: Store,
    private readonly simulator: 'payment' | 'carrier' | 'texts',
  ) {
    this.#find = store.prepare('SELECT fingerprint, answer FROM answers WHERE key = ? AND simulator = ?')
    this.#insert = store.prepare(
      'INSERT INTO answers (at, simulator, key, fingerprint, answer) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    )
  }

  has(key: string): boolean {
    return this.#find.get(key, this.simulator) !== undefined
  }

  /**
   * `effect` decides and writes; resolves when its answer and all that it wrote are durable.
   *
   * @param before the request as earlier versions compared it, whose answers are kept.
   */
  once(key: string, request: unknown, effect: () => Answer, before: unknown = request): Promise<Answer> {
    const fingerprint = fingerprintOf(request)
    return this.store.write(() => {
      const known = rowOf<Row>(this.#find, key, this.simulator)
      if (known) {
        const isSame = known.fingerprint === fingerprint || known.fingerprint === fingerprintOf(before)
        if (isSame) return JSON.parse(known.answer) as Answer
        throw refusal(422, 'idempotency_key_reused', 'this Idempotency-Key was used for another request')
      }
      const answer = effect()
      this.save({ idempotencyKey: key, fingerprint, answer }, Date.now())
      return answer
    })
  }

  /** Within a write. */
  save({ idempotencyKey, fingerprint, answer }: Answered, at: number): void {
    this.#insert.run(at, this.simulator, idempotencyKey, fingerprint, JSON.stringify(answer))
  }
}

const fingerprintOf = (request: unknown): string => hash('sha256', JSON.stringify(request), 'base64url').slice(0, 22)

/** The answer on the wire: its status and body, or a thrown problem. */
export const send = (reply: FastifyReply, answer: Answer): Readonly<Record<string, unknown>> => {
  if ('code' in answer) throw refusal(answer.status, answer.code, answer.detail)
  reply.status(answer.status)
  return answer.body
}
