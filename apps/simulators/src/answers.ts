import { hash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { Problem } from '#libs/http'

/** What a client gets: a body, or for a status from 400 on the refusal that becomes problem+json. */
export type Answer =
  | { readonly status: 200 | 201 | 202; readonly body: Readonly<Record<string, unknown>> }
  | { readonly status: 402 | 404 | 409 | 422; readonly code: string; readonly detail: string }

/** The part of a journal entry that lets the same request be answered again. */
export interface Answered {
  readonly idempotencyKey: string
  readonly fingerprint: string
  readonly answer: Answer
}

/**
 * Idempotency keys of one simulator. The same key with the same request has its effect once and gets the same answer
 * every time, also while the first one is still under way and after a restart; with another request it is refused.
 *
 * Answers are not kept here: a key leads to the journal entry that has the answer.
 */
export class Answers {
  readonly #positions = new Map<string, number>()
  readonly #underWay = new Map<string, { fingerprint: string; answer: Promise<Answer> }>()

  constructor(private readonly read: (position: number) => Promise<Answered>) {}

  restore(key: string, position: number): void {
    this.#positions.set(key, position)
  }

  has(key: string): boolean {
    return this.#positions.has(key) || this.#underWay.has(key)
  }

  /**
   * `effect` decides and changes the state before its first await, so two of them never interleave, and resolves with
   * the journal position of its `Answered` once that is durable.
   */
  async once(
    key: string,
    request: unknown,
    effect: (fingerprint: string) => Promise<{ answer: Answer; position: number }>,
  ): Promise<Answer> {
    const fingerprint = hash('sha256', JSON.stringify(request), 'base64url').slice(0, 22)
    const twin = this.#underWay.get(key)
    if (twin) return sameRequest(twin.fingerprint, fingerprint) && twin.answer
    const position = this.#positions.get(key)
    if (position !== undefined) {
      const entry = await this.read(position)
      return sameRequest(entry.fingerprint, fingerprint) && entry.answer
    }
    const answer = effect(fingerprint)
      .then((done) => {
        this.#positions.set(key, done.position)
        return done.answer
      })
      .finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, { fingerprint, answer })
    return answer
  }
}

const sameRequest = (first: string, second: string): true => {
  if (first === second) return true
  throw refusal(422, 'idempotency_key_reused', 'this Idempotency-Key was used for another request')
}

/** The answer on the wire: its status and body, or a thrown problem. */
export const send = (reply: FastifyReply, answer: Answer): Readonly<Record<string, unknown>> => {
  if ('code' in answer) throw refusal(answer.status, answer.code, answer.detail)
  reply.status(answer.status)
  return answer.body
}

/** A problem whose `code` a client can switch on. */
export const refusal = (status: number, code: string, detail: string): Problem =>
  new Problem(status, { type: code.replaceAll('_', '-'), detail, extensions: { code } })
