import type { Evolution } from './versions.ts'

/**
 * The one shape of everything that decides in Waybill: aggregates, sagas and read models.
 *
 * Pure by contract: time, ids and prices arrive in the input; `decide` and `evolve` neither read a clock nor touch a
 * network, and `evolve` returns a new state instead of changing the old one. That is what makes given/when/then the
 * only test vocabulary the business needs.
 */
export interface Decider<State, Input, Output, Reason extends string = never> extends Evolution<State, Output> {
  /** What happens next, as facts, or a typed reason why nothing may. Never throws for a business reason. */
  decide(state: State, input: Input): readonly Output[] | Refusal<Reason>
}

/** A business "no": expected, typed and part of the contract, unlike an exception, which means something is broken. */
export interface Refusal<Reason extends string = string> {
  readonly refused: Reason
  readonly detail?: string
}

export const refuse = <Reason extends string>(refused: Reason, detail?: string): Refusal<Reason> =>
  detail === undefined ? { refused } : { refused, detail }

export const isRefusal = <Output, Reason extends string>(
  decision: readonly Output[] | Refusal<Reason>,
): decision is Refusal<Reason> => !Array.isArray(decision)

/** The state after `outputs`, starting from `state` (by default the initial one). */
export const fold = <State, Output>(
  decider: { initial: State; evolve(state: State, output: Output): State },
  outputs: Iterable<Output>,
  state: State = decider.initial,
): State => {
  for (const output of outputs) state = decider.evolve(state, output)
  return state
}

/** Makes a forgotten case of a union a compile error and, for data that lied about its type, a clear failure. */
export const unreachable = (value: never): never => {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`)
}
