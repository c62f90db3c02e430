import type { StepStatus, Stepwise } from './step-state.ts'

/** A stored event of a saga, as far as the history of its steps goes. */
interface Recorded {
  readonly at: Date
  readonly metadata: { readonly messageId: string }
}

export interface StepHistory<Step extends string> {
  readonly name: Step
  readonly status: StepStatus
  readonly attempts: number
  readonly startedAt: Date
  /** Null until the step has an outcome, or its outcome does not matter any more. */
  readonly endedAt: Date | null
  /** Of the command that was sent last. */
  readonly commandId: string
  readonly error?: string
  /** Why an operator vouched for it. */
  readonly vouchedFor?: string
}

const UNDER_WAY: readonly StepStatus[] = ['running', 'retrying', 'stuck']

/** The steps of a saga in the order they began, told by its own events. */
export const stepsOf = <Step extends string, State extends Stepwise<Step>, Event extends { readonly type: string }>(
  saga: { readonly initial: State & Stepwise<Step>; evolve(state: State, event: Event): State & Stepwise<Step> },
  names: readonly Step[],
  events: readonly (Event & Recorded)[],
): StepHistory<Step>[] => {
  const steps = new Map<Step, StepHistory<Step>>()
  let state = saga.initial
  for (const event of events) {
    const before = state
    state = saga.evolve(state, event)
    for (const name of names) {
      const now = state.steps[name]
      if (now === undefined || now === before.steps[name]) continue
      const step = steps.get(name)
      steps.set(name, {
        name,
        status: now.status,
        attempts: now.attempts,
        startedAt: step?.startedAt ?? event.at,
        endedAt: UNDER_WAY.includes(now.status) ? null : (step?.endedAt ?? event.at),
        commandId: event.type === 'StepStarted' ? event.metadata.messageId : step!.commandId,
        ...(now.error === undefined ? {} : { error: now.error }),
        ...(now.vouchedFor === undefined ? {} : { vouchedFor: now.vouchedFor }),
      })
    }
  }
  return [...steps.values()]
}
