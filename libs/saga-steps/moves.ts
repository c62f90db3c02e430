import { fold } from '#libs/decider'
import { retryAt, type StepPolicy, silenceEnds } from './patience.ts'
import type { StepEvent } from './step-events.ts'
import { hasPassed, isOpen, type Stepwise } from './step-state.ts'

/** What is recorded, and everything that follows from it: one move after the other until none is left. */
export const proceed = <State, Event>(
  saga: { readonly initial: State; evolve(state: State, event: Event): State },
  nextMoves: (state: State) => readonly Event[],
  state: State,
  recorded: readonly Event[],
): readonly Event[] => {
  const events = [...recorded]
  let now = fold(saga, events, state)
  let moves = nextMoves(now)
  while (moves.length > 0) {
    events.push(...moves)
    now = fold(saga, moves, now)
    moves = nextMoves(now)
  }
  return events
}

/** Where a step stands among all sagas, and when it is looked at. */
export interface Moment {
  /** The id of what the saga is about. */
  readonly about: string
  readonly at: string
}

export const startStep = <Step extends string>(
  { steps }: Stepwise<Step>,
  step: Step,
  { about, at }: Moment,
): StepEvent<Step>[] => {
  const before = steps[step]
  const attempt = (before?.attempts ?? 0) + 1
  const data = { step, attempt, dueAt: silenceEnds(about, step, attempt, at) }
  return [{ type: 'StepStarted', data: before === undefined ? data : { ...data, again: true } }]
}

/** The first of these that has waited long enough. */
export const overdueStep = <Step extends string>(
  { steps }: Stepwise<Step>,
  names: readonly Step[],
  at: string,
): Step | undefined => names.find((step) => hasPassed(steps[step]?.dueAt, at))

/** Nobody answered in time: the step is started once more, or else `outOfPatience` says what becomes of it. */
export const askAgain = <Step extends string, Reason extends string, Event>(
  state: Stepwise<Step>,
  step: Step,
  moment: Moment,
  { silence }: StepPolicy<Reason>,
  outOfPatience: (error: string, reason: Reason | undefined) => Event[],
): (StepEvent<Step> | Event)[] => {
  const { status, attempts } = state.steps[step]!
  return status === 'running' && attempts >= silence.attempts
    ? outOfPatience('no answer', silence.thenUndoFor)
    : startStep(state, step, moment)
}

/** A step takes the first answer that settles it; whatever comes later tells nothing new. */
export const succeed = <Step extends string>(
  { steps }: Stepwise<Step>,
  step: Step,
  answer: string,
  amount?: number,
): StepEvent<Step>[] =>
  isOpen(steps[step])
    ? [{ type: 'StepSucceeded', data: { step, answer, ...(amount === undefined ? {} : { amount }) } }]
    : []

/** The participant could not do it now and cannot tell whether it was done: ask again after a while, or lose patience. */
export const tryAgain = <Step extends string, Reason extends string, Event>(
  { steps }: Stepwise<Step>,
  { step, error }: { readonly step: Step; readonly error: string },
  { about, at }: Moment,
  { failure }: StepPolicy<Reason>,
  outOfPatience: (error: string, reason: Reason | undefined) => Event[],
): (StepEvent<Step> | Event)[] => {
  const current = steps[step]
  if (current?.status !== 'running') return []
  if (current.attempts >= failure.attempts) return outOfPatience(error, failure.thenUndoFor)
  return [{ type: 'StepRetryScheduled', data: { step, error, dueAt: retryAt(about, step, current.attempts, at) } }]
}
