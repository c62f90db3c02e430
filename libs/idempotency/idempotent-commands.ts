import type { GroupCommit, Work } from '#libs/database'
import type { Refusal } from '#libs/decider'
import { type Beginning, IdempotencyKeys, type IdempotentRequest, type StoredResponse } from './idempotency-keys.ts'

export interface IdempotencyOptions {
  readonly groupCommit: GroupCommit
  /** For how long a key is remembered, milliseconds. Default: 24 hours. */
  readonly ttlMs?: number
}

/** What became of a request: carried out now (`first`) or before (`replay`), or not at all. */
export type Outcome<Reason extends string = never> =
  | { readonly kind: 'first' | 'replay'; readonly response: StoredResponse }
  /** The business said no. Nothing took place, so the key stays free. */
  | { readonly kind: 'refused'; readonly refusal: Refusal<Reason> }
  /** A twin is being carried out right now; HTTP 409. */
  | { readonly kind: 'conflict' }
  /** The key was used for another request; HTTP 422. */
  | { readonly kind: 'mismatch' }

const DAY_MS = 24 * 60 * 60 * 1000

/** Carries out HTTP commands that have an idempotency key: each at most once, in the transaction that says so. */
export class IdempotentCommands {
  readonly #inFlight = new Set<string>()
  readonly #groupCommit: GroupCommit
  readonly #ttlMs: number

  constructor({ groupCommit, ttlMs = DAY_MS }: IdempotencyOptions) {
    this.#groupCommit = groupCommit
    this.#ttlMs = ttlMs
  }

  /**
   * Runs `work` unless the request was carried out before. Its response is what the key answers from now on; when it
   * refuses or throws, nothing is kept and the key is free again. A work that refuses must not have written anything.
   */
  async execute<Reason extends string = never>(
    request: IdempotentRequest,
    work: Work<StoredResponse | Refusal<Reason>>,
  ): Promise<Outcome<Reason>> {
    const id = `${request.scope}\n${request.key}`
    // A twin in this process would queue behind the first one and see its response; but it must hear that it is a twin.
    if (this.#inFlight.has(id)) return { kind: 'conflict' }
    this.#inFlight.add(id)
    try {
      return await this.#groupCommit.submit(this.#guarded(request, work))
    } finally {
      this.#inFlight.delete(id)
    }
  }

  #guarded<Reason extends string>(
    request: IdempotentRequest,
    work: Work<StoredResponse | Refusal<Reason>>,
  ): Work<Outcome<Reason>> {
    return {
      weight: work.weight ?? 1,
      announce: (uow) => {
        uow.part(IdempotencyKeys).announce(request)
        work.announce?.(uow)
      },
      run: async (uow): Promise<Outcome<Reason>> => {
        const keys = uow.part(IdempotencyKeys)
        const beginning: Beginning = await keys.begin(request)
        if (beginning.kind !== 'first') return beginning
        const response = await work.run(uow)
        if ('refused' in response) return { kind: 'refused', refusal: response }
        keys.complete(request, response, this.#ttlMs)
        return { kind: 'first', response }
      },
    }
  }
}
