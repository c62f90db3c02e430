import type { Cause, Failure } from '#libs/contracts'
import { fields } from '#libs/observability'

/** A call to the outside world that a decision asks for. */
export interface NewEffect<Kind extends string = string, Payload = unknown> {
  /** Deterministic (`Consequences.nextId`); serves as the idempotency key that the outside world gets to see. */
  readonly id: string
  readonly kind: Kind
  /** Calls of one key run one after the other in the order they were added. Use the order's id. */
  readonly key: string
  /** Everything the call needs, as JSON. */
  readonly payload: Payload
  /** What asked for the call; comes back with its outcome. */
  readonly cause: Cause
}

/** Names one effect. */
export type EffectIdentity = Pick<NewEffect, 'key' | 'id'>

export interface Effect<Kind extends string = string, Payload = unknown> extends NewEffect<Kind, Payload> {
  /** Calls that were made and got no usable answer. */
  readonly attempts: number
}

/** What log entries say of an effect. */
export const effectFields = ({ id, kind, key, attempts, cause }: Effect) => ({
  effectId: id,
  kind,
  [fields.key]: key,
  [fields.attempts]: attempts,
  [fields.correlationId]: cause.correlationId,
})

/**
 * How it ended. `answered` is any answer the outside world gave on purpose, a "no" included; `failed` means that it
 * gave none within the bounded attempts, so whether the call had its effect is unknown.
 */
export type Outcome<Answer = unknown> =
  | { readonly status: 'answered'; readonly value: Answer }
  | { readonly status: 'failed'; readonly reason: Failure }

/** What each kind of call is asked and what it answers: `{ authorize: { payload: …; answer: … }; … }`. */
export type EffectKinds = Record<string, { payload: unknown; answer: unknown }>

export type AnyEffect<Kinds extends EffectKinds> = {
  [K in keyof Kinds & string]: Effect<K, Kinds[K]['payload']>
}[keyof Kinds & string]

export type AnyOutcome<Kinds extends EffectKinds> = Outcome<Kinds[keyof Kinds & string]['answer']>
