import { ConcurrencyConflict, GatheredReads, type Part, type Sql, type UnitOfWork } from '#libs/database'
import { insertResponses } from './sql/insert-responses.ts'
import { type LookedUp, lookUpKeys } from './sql/look-up-keys.ts'

export interface IdempotentRequest {
  /** What a key is unique in, e.g. `POST /orders`, with the caller's identity where there is one. */
  readonly scope: string
  readonly key: string
  /** Of everything that makes it this request, see `fingerprint`. */
  readonly fingerprint: string
}

export interface StoredResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Any JSON value. */
  readonly body: unknown
}

export type Beginning =
  /** Nobody carried it out yet: carry it out and `complete` it in this unit of work. */
  | { readonly kind: 'first' }
  /** It was carried out: answer this again. */
  | { readonly kind: 'replay'; readonly response: StoredResponse }
  /** It is being carried out right now, elsewhere. */
  | { readonly kind: 'conflict' }
  /** The key was used for another request. */
  | { readonly kind: 'mismatch' }

/** The requests that this unit of work carries out. A key and its response are one row, written at the flush. */
export class IdempotencyKeys implements Part {
  readonly #reads = new GatheredReads<IdempotentRequest>((requests) => this.#lookUp(requests))
  readonly #found = new Map<string, LookedUp>()
  readonly #begun = new Set<string>()
  readonly #completed = new Map<string, Completed>()

  constructor(private readonly uow: UnitOfWork) {}

  /** Says that this request will begin, so that one statement looks it up together with the others. */
  announce(request: IdempotentRequest): void {
    this.#reads.announce(identity(request), request)
  }

  async begin(request: IdempotentRequest): Promise<Beginning> {
    const id = identity(request)
    if (this.#begun.has(id)) return { kind: 'conflict' }
    this.announce(request)
    await this.#reads.done()
    const { stored, locked } = this.#found.get(id)!
    if (stored !== null && stored.fingerprint !== request.fingerprint) return { kind: 'mismatch' }
    if (stored !== null) return { kind: 'replay', response: stored.response }
    if (!locked) return { kind: 'conflict' }
    this.#begun.add(id)
    return { kind: 'first' }
  }

  /** What every later request with this key is answered, for `ttlMs`. */
  complete(request: IdempotentRequest, response: StoredResponse, ttlMs: number): void {
    const id = identity(request)
    if (!this.#begun.has(id)) throw new Error(`request ${id} is completed without having begun`)
    this.#completed.set(id, { request, response, expiresAt: new Date(this.uow.now.getTime() + ttlMs) })
  }

  prefetch(): void {
    this.#reads.send()
  }

  async flush(sql: Sql): Promise<void> {
    if (this.#completed.size === 0) return
    const rows = [...this.#completed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, completed]) => completed)
    const stored = await insertResponses(sql, rows, this.uow.now)
    // A twin that committed between our look and our lock; the next try will see its response.
    if (stored !== rows.length) throw new ConcurrencyConflict('a twin of this request was faster')
  }

  async #lookUp(requests: readonly IdempotentRequest[]): Promise<void> {
    for (const found of await lookUpKeys(this.uow, requests, this.uow.now)) this.#found.set(identity(found), found)
  }
}

export interface Completed {
  readonly request: IdempotentRequest
  readonly response: StoredResponse
  readonly expiresAt: Date
}

const identity = ({ scope, key }: { scope: string; key: string }): string => `${scope}\n${key}`
