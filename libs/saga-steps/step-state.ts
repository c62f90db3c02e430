/**
 * `failed`: the participant's final no. `abandoned`: no longer wanted while its outcome was open; whatever it did is
 * undone by a compensation. `stuck`: asked for in vain too often.
 */
export type StepStatus = 'running' | 'retrying' | 'stuck' | 'abandoned' | 'succeeded' | 'failed' | 'compensated'

export interface StepState {
  readonly status: StepStatus
  readonly attempts: number
  /** When the step is looked at again unless an answer comes before; ISO 8601. */
  readonly dueAt?: string
  readonly error?: string
  /** Why it is taken to have succeeded, where an operator vouched for it. */
  readonly vouchedFor?: string
}

/** Those steps of a saga that were begun. */
export type Steps<Step extends string> = { readonly [S in Step]?: StepState }

/** The part of a saga's state that is about its steps. */
export interface Stepwise<Step extends string> {
  readonly steps: Steps<Step>
}

/** The saga goes no further before the step has an outcome. */
export const isAwaited = (step: StepState | undefined): boolean =>
  step?.status === 'running' || step?.status === 'retrying' || step?.status === 'stuck'

export const isAbandoned = (step: StepState | undefined): boolean => step?.status === 'abandoned'

/** The step's outcome is not known yet: an answer would tell something new. */
export const isOpen = (step: StepState | undefined): boolean => isAwaited(step) || isAbandoned(step)

/** A time that has passed although the saga was not woken. */
export const hasPassed = (dueAt: string | undefined, at: string): boolean => dueAt !== undefined && dueAt <= at

const statesOf = <Step extends string>({ steps }: Stepwise<Step>): StepState[] =>
  Object.values<StepState>(steps as never)

export const hasStuckStep = <Step extends string>(state: Stepwise<Step>): boolean =>
  statesOf(state).some(({ status }) => status === 'stuck')

/** The times at which its steps are looked at again, ISO 8601. */
export const dueTimes = <Step extends string>(state: Stepwise<Step>): string[] =>
  statesOf(state).flatMap(({ dueAt }) => dueAt ?? [])
