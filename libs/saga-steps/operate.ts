import { type Refusal, refuse } from '#libs/decider'
import type { StepEvent } from './step-events.ts'
import { hasPassed, type StepState, type Stepwise } from './step-state.ts'

/** What an operator asks of a saga, and when: ISO 8601. */
export type Operation<Step extends string> = Asked<Step> & { readonly at: string }

export type Asked<Step extends string> =
  /** Ask the participant again now, with fresh patience. */
  | { readonly type: 'retry'; readonly step: Step }
  /** Go on: the operator vouches that the step took place. */
  | { readonly type: 'skip'; readonly step: Step; readonly reason: string }
  /** Undo everything. */
  | { readonly type: 'compensate'; readonly reason: string }

export type StepRefusal =
  /** The step was never begun, or has an outcome, or is not wanted any more. */
  | 'not_waiting'
  /** The step's command is with the participant, which need not be asked again to answer it. */
  | 'under_way'

/** Has a step asked for again that waits, or that should have been looked at before now. */
export const retryStep = <Step extends string>(
  { steps }: Stepwise<Step>,
  step: Step,
  at: string,
): StepEvent<Step> | Refusal<StepRefusal> => {
  const current = steps[step]
  const waits = current?.status === 'retrying' || current?.status === 'stuck' || hasPassed(current?.dueAt, at)
  return waits ? { type: 'StepRetryRequested', data: { step, dueAt: at } } : notWaiting(step, current)
}

export const notWaiting = (step: string, current: StepState | undefined): Refusal<StepRefusal> =>
  current?.status === 'running' || current?.status === 'retrying'
    ? refuse('under_way', `${step} is ${current.status}`)
    : refuse('not_waiting', current === undefined ? `${step} was not begun` : `${step} is ${current.status}`)
