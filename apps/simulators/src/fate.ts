/**
 * What becomes of one request. Outside services fail in the two ways that look alike to their client and are not: the
 * thing asked for was done or was not done. Idempotency keys are for telling them apart.
 */
export interface Fate {
  /** Whether the effect happens. */
  readonly effect: boolean
  /** `fault` is a 503, `silence` is no answer at all. */
  readonly outcome: 'answer' | 'fault' | 'silence'
}

export const ANSWERED: Fate = { effect: true, outcome: 'answer' }

/**
 * Half of the faults and half of the silences come before the effect, half after it.
 * @param draw uniform in [0, 1)
 */
export const fateOf = (draw: number, rates: { faultRate: number; timeoutRate?: number }): Fate => {
  const { faultRate, timeoutRate = 0 } = rates
  if (draw < faultRate) return { effect: draw >= faultRate / 2, outcome: 'fault' }
  if (draw < faultRate + timeoutRate) return { effect: draw >= faultRate + timeoutRate / 2, outcome: 'silence' }
  return ANSWERED
}
