import { type StepState, type StepStatus, type Steps, type Stepwise } from './step-state.ts'

interface OfStep<Step extends string> {
  readonly step: Step
}

/** What happens to the steps of any saga, as its stream remembers it. */
export type StepEvent<Step extends string> =
  /**
   * The step's command was sent; without any answer until `dueAt` it is sent again. `again`: it had been before, which
   * events of earlier versions do not say.
   */
  | {
      readonly type: 'StepStarted'
      readonly data: OfStep<Step> & { readonly attempt: number; readonly dueAt: string; readonly again?: true }
    }
  /** `amount`: minor units that the answer spoke of. */
  | {
      readonly type: 'StepSucceeded'
      readonly data: OfStep<Step> & { readonly answer: string; readonly amount?: number }
    }
  /** The participant's final no. Nothing took place, so there is nothing to undo. */
  | { readonly type: 'StepFailed'; readonly data: OfStep<Step> & { readonly answer: string; readonly error: string } }
  | {
      readonly type: 'StepRetryScheduled'
      readonly data: OfStep<Step> & { readonly error: string; readonly dueAt: string }
    }
  /** Asked for too often: it waits for a late answer, or for a human. */
  | { readonly type: 'StepStuck'; readonly data: OfStep<Step> & { readonly error: string } }
  /** An operator has it asked for again at `dueAt`, as if for the first time. */
  | { readonly type: 'StepRetryRequested'; readonly data: OfStep<Step> & { readonly dueAt: string } }
  /** An operator vouched that it took place, and says how that is known. */
  | { readonly type: 'StepSkipped'; readonly data: OfStep<Step> & { readonly reason: string } }

/** Which step began or had its outcome with an event of a saga, for measuring how long it took. */
export const stepChangeOf = (event: {
  readonly type: string
}): { readonly step: string; readonly change: 'started' | 'succeeded' | 'failed' } | undefined => {
  const change = CHANGES[event.type]
  return change && { step: (event as { readonly type: string; readonly data: OfStep<string> }).data.step, change }
}

const CHANGES: Readonly<Record<string, 'started' | 'succeeded' | 'failed'>> = {
  StepStarted: 'started',
  StepSucceeded: 'succeeded',
  StepSkipped: 'succeeded',
  StepFailed: 'failed',
}

/** What each compensation makes undone. */
export type Undoes<Step extends string> = { readonly [S in Step]?: readonly Step[] }

/** A saga's state after something happened to one of its steps. */
export const evolveStep = <Step extends string, State extends Stepwise<Step>>(
  state: State & Stepwise<Step>,
  event: StepEvent<Step>,
  undoes: Undoes<Step> = {},
): State => {
  const { step } = event.data
  switch (event.type) {
    case 'StepStarted': {
      const { attempt, dueAt } = event.data
      return withStep<Step, State>(state, step, { status: 'running', attempts: attempt, dueAt })
    }
    case 'StepSucceeded':
      return concluded<Step, State>(state, step, rested(state, step, 'succeeded'), undoes)
    case 'StepSkipped':
      return concluded<Step, State>(
        state,
        step,
        { ...rested(state, step, 'succeeded'), vouchedFor: event.data.reason },
        undoes,
      )
    case 'StepFailed':
      return withStep<Step, State>(state, step, { ...rested(state, step, 'failed'), error: event.data.error })
    case 'StepStuck':
      return withStep<Step, State>(state, step, { ...rested(state, step, 'stuck'), error: event.data.error })
    case 'StepRetryScheduled': {
      const { error, dueAt } = event.data
      return withStep<Step, State>(state, step, { ...rested(state, step, 'retrying'), error, dueAt })
    }
    case 'StepRetryRequested': {
      const { dueAt } = event.data
      return withStep<Step, State>(state, step, { ...state.steps[step], status: 'retrying', attempts: 0, dueAt })
    }
  }
}

/** Those of the steps that are `wanted`, in a new status in which they wait for no particular time. */
export const mapSteps = <Step extends string, State extends Stepwise<Step>>(
  state: State & Stepwise<Step>,
  steps: readonly Step[],
  wanted: (step: StepState) => boolean,
  status: StepStatus,
): State => {
  let next: State = state
  for (const step of steps) {
    const current: StepState | undefined = (next.steps as Steps<Step>)[step]
    if (current === undefined || !wanted(current)) continue
    const { dueAt: _, ...rest } = current
    next = withStep<Step, State>(next, step, { ...rest, status })
  }
  return next
}

const withStep = <Step extends string, State extends Stepwise<Step>>(
  state: State,
  step: Step,
  next: StepState,
): State => ({ ...state, steps: { ...state.steps, [step]: next } })

/** The step in a new status in which it waits for no particular time. */
const rested = <Step extends string>({ steps }: Stepwise<Step>, step: Step, status: StepStatus): StepState => ({
  status,
  attempts: steps[step]?.attempts ?? 0,
})

/** The step took place, and what it undoes is undone. */
const concluded = <Step extends string, State extends Stepwise<Step>>(
  state: State,
  step: Step,
  outcome: StepState,
  undoes: Undoes<Step>,
): State => {
  const tookPlace = ({ status }: StepState) => status === 'succeeded' || status === 'abandoned'
  return mapSteps<Step, State>(
    withStep<Step, State>(state, step, outcome),
    undoes[step] ?? [],
    tookPlace,
    'compensated',
  )
}
