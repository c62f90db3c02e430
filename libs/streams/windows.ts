/** Which windows an instant belongs to. Windows are half open, `[start, start + size)`, and begin at multiples since 1970. */
export interface Windows {
  /** Milliseconds. */
  readonly size: number
  /** The starts of all windows that hold this instant (ms since 1970), the earliest first. */
  of(time: number): number[]
}

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

/** The start of the window of this size that holds the instant. */
export const startOf = (time: number, size: number): number => time - (((time % size) + size) % size)

/** Windows that follow one another: every instant is in one. Kafka Streams: `TimeWindows`, called tumbling there as well. */
export const tumbling = (size: number): Windows => ({ size, of: (time) => [startOf(time, size)] })

/**
 * Windows that overlap: one begins every `advance` milliseconds. Kafka Streams: `TimeWindows` with `advanceBy`. Flink calls these
 * sliding; what Kafka Streams calls so, a window for every two events that are close enough, is not here.
 */
export const hopping = (size: number, advance: number): Windows & { readonly advance: number } => ({
  size,
  advance,
  of: (time) => {
    const starts: number[] = []
    for (let start = startOf(time, advance); start > time - size; start -= advance) starts.push(start)
    return starts.reverse()
  },
})

/** Session windows have no size: an activity of a key is one. Kafka Streams: `SessionWindows.ofInactivityGapAndGrace`. */
export interface SessionWindows {
  /** A longer pause ends a session. Milliseconds. */
  readonly gap: number
  /** The grace period: a session takes events until the watermark is so far behind the end of the pause. */
  readonly grace: number
}

export const sessionWindows = (gap: number, grace: number): SessionWindows => ({ gap, grace })

/** An activity: from its first to its last event, both inclusive. */
export interface Session {
  readonly start: number
  readonly end: number
}

/**
 * Events of a key belong together while no pause between them is longer than `gap`. An event that
 * arrives out of order may join two sessions to one. Answers the session that the event is in now, and those of `open`
 * that it takes the place of.
 */
export const intoSession = (
  open: readonly Session[],
  time: number,
  gap: number,
): { readonly session: Session; readonly replaced: readonly Session[] } => {
  const replaced = open.filter(({ start, end }) => time >= start - gap && time <= end + gap)
  return {
    session: {
      start: Math.min(time, ...replaced.map(({ start }) => start)),
      end: Math.max(time, ...replaced.map(({ end }) => end)),
    },
    replaced,
  }
}
