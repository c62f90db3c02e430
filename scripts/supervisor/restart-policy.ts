/** How long to wait before the n-th restart in a row. Milliseconds; the last one repeats. */
const DELAYS = [0, 200, 500, 1_000, 2_000, 5_000]
/** A process that ran this long was healthy: its next crash counts as the first. Milliseconds. */
const HEALTHY_AFTER = 15_000
/** So many crashes in a row are no accident any more. */
const LOOP_AFTER = 4

export interface RestartState {
  /** Crashes in a row, each after less than a healthy life. */
  readonly crashes: number
}

export const NO_CRASHES: RestartState = { crashes: 0 }

export interface RestartDecision {
  readonly state: RestartState
  readonly delay: number
  /** True when it is worth telling that the process does not come back by itself. */
  readonly looping: boolean
}

/** What to do about a process that ended uninvited after `lifetime` milliseconds. */
export const afterCrash = (state: RestartState, lifetime: number): RestartDecision => {
  const crashes = lifetime >= HEALTHY_AFTER ? 1 : state.crashes + 1
  return {
    state: { crashes },
    delay: DELAYS[Math.min(crashes, DELAYS.length) - 1]!,
    looping: crashes >= LOOP_AFTER,
  }
}
