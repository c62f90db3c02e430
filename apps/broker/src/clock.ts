/** Time as the broker sees it; tests bring their own. */
export interface Clock {
  /**
   * The wall clock: milliseconds since the epoch. It may be set forward and back at any time, so it is only for what
   * outlives this process and for what is compared with the clocks of others.
   */
  now(): number
  /**
   * For everything that lasts: milliseconds that pass whatever happens to the wall clock. They are counted from what it
   * said when this process started, so that they can be written down and compared after a restart.
   */
  steady(): number
  /**
   * Calls back once after so many milliseconds; returns how to prevent it. What arrived until then is read before: a
   * process that was held up does not take a client for silent whom it has not listened to.
   */
  after(ms: number, callback: () => void): () => void
}

const LONGEST_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  steady: () => Math.floor(performance.timeOrigin + performance.now()),
  after: (ms, callback) => {
    let forget = () => {}
    const timer = setTimeout(
      () => {
        forget = afterReading(callback)
      },
      Math.min(Math.max(ms, 0), LONGEST_TIMER_MS),
    )
    return () => {
      clearTimeout(timer)
      forget()
    }
  },
}

/** Calls back every so many milliseconds, each time after what has arrived was read; returns how to end it. */
export function every(ms: number, callback: () => void): () => void {
  let forget = () => {}
  const timer = setInterval(() => {
    forget = afterReading(callback)
  }, ms)
  return () => {
    clearInterval(timer)
    forget()
  }
}

/**
 * Node runs timers before it looks at the sockets. Between two turns of immediates it looks twice: the first time it
 * accepts the connections that wait, the second time it reads what they have sent.
 */
function afterReading(callback: () => void): () => void {
  let immediate = setImmediate(() => {
    immediate = setImmediate(callback)
  })
  return () => clearImmediate(immediate)
}
