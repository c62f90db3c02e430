import { createRequire } from 'node:module'

/** The part of kafkajs's queue of a connection's requests that this is about. */
export interface RequestQueue {
  readonly pending: readonly unknown[]
  /** Milliseconds since 1970. */
  readonly throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
}

/** As kafkajs has it. Milliseconds. */
const CHECK_MS = 10

/**
 * kafkajs looks every millisecond, on every connection and for good, whether a request waits that could not be sent:
 * its timer starts itself again also when none does. At rest that is 1,500 wake-ups a second and 4 % of a core for each
 * consumer. This looks only while one waits.
 */
export function checkWhileRequestsWait(this: RequestQueue): void {
  if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return
  const ms = this.throttledUntil - Date.now()
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    ms > 0 ? ms : CHECK_MS,
  )
}

/** Makes every kafkajs client of this process rest when it has nothing to do. */
export const restWhenIdle = (): void => {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue')
  prototype.scheduleCheckPendingRequests = checkWhileRequestsWait
}
