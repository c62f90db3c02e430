import type { Api, Fields, RequestOf, ResponseOf, VersionRange } from '#libs/kafka-protocol'
import type { Broker } from './broker.ts'
import type { Listener } from './network/listener.ts'
import type { Authenticator } from './security/authentication/authenticator.ts'
import type { Principal } from './security/principal.ts'

/** What a handler may know of the request besides its body. */
export interface RequestContext {
  readonly broker: Broker
  readonly apiVersion: number
  readonly clientId: string
  readonly clientHost: string
  /** Who asks, as proven to the listener; `User:ANONYMOUS` where that asks for no proof. */
  readonly principal: Principal
  /** What the connection has proven, and proves. */
  readonly authenticator: Authenticator
  /** Where the connection came in. */
  readonly listener: Listener
  /** Calls the listener once when the connection goes away; returns its removal. */
  onClose(listener: () => void): () => void
}

/** There is nothing to answer: `acks=0`. */
export const NO_RESPONSE = Symbol('no response')
/** The connection must be closed without an answer: the only way to tell an `acks=0` producer of an error. */
export const CLOSE = Symbol('close')
type Answer<R> = R | typeof NO_RESPONSE | typeof CLOSE

export interface Handler<Q extends Fields = Fields, S extends Fields = Fields> {
  readonly api: Api<Q, S>
  /** What ApiVersions tells clients. */
  readonly advertised: VersionRange
  /** Lowest version that is really answered, where clients want to see a lower one advertised. */
  readonly lowestAnswered?: number
  /**
   * Requests of one connection are handled one after the other. With this, the next one is begun while this one waits:
   * its effects must be complete, in order, when `handle` returns its promise.
   */
  readonly pipelined?: boolean
  /** Nothing of the request is used after its answer: the memory in which it came is freed then. */
  readonly keepsNothing?: boolean
  handle(
    request: RequestOf<Api<Q, S>>,
    context: RequestContext,
  ): Answer<ResponseOf<Api<Q, S>>> | Promise<Answer<ResponseOf<Api<Q, S>>>>
}

export function defineHandler<Q extends Fields, S extends Fields>(handler: Handler<Q, S>): Handler<Q, S> {
  return handler
}
