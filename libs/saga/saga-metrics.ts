import { counter, histogram, metrics } from '#libs/observability'
import { type SagaStatus, sagaHasEnded } from './saga.ts'

/** What happened to a step, as far as its duration goes. */
export interface StepChange {
  readonly step: string
  readonly change: 'started' | 'succeeded' | 'failed'
}

const ended = counter(metrics.saga.ended)
const durations = histogram(metrics.saga.stepDuration)

/** Steps whose outcome is awaited, at most; the oldest are forgotten, and so are not measured. */
const MOST_AWAITED = 20_000
/** When the step's command left, milliseconds since 1970. */
const awaited = new Map<string, number>()

/** To be told when it is committed. A step is measured by the process that both asked for it and heard of it. */
export const observeStep = (type: string, sagaId: string, { step, change }: StepChange, at: Date): void => {
  const key = `${sagaId} ${step}`
  const since = awaited.get(key)
  if (change === 'started') {
    if (since === undefined) awaited.set(key, at.getTime())
    if (awaited.size > MOST_AWAITED) awaited.delete(awaited.keys().next().value!)
  } else if (since !== undefined) {
    awaited.delete(key)
    durations.observe({ type, step, outcome: change }, Math.max(0, at.getTime() - since) / 1_000)
  }
}

export const observeEnd = (type: string, before: SagaStatus | undefined, now: SagaStatus): void => {
  if (sagaHasEnded(now) && now !== before) ended.inc({ type, state: now })
}
