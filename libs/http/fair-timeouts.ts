import type { Server } from 'node:http'

/**
 * Node looks every now and then for requests that took too long to arrive. A process that was frozen looks before it reads
 * what has arrived meanwhile, and would blame the sender; such a look is passed over, and the next one, when everything has
 * been read, judges.
 *
 * @param everyMs how often Node looks.
 */
export const judgeArrivalFairly = (server: Server, everyMs: number): void => {
  let lookedAt = performance.now()
  let stalled = false
  /** A look reads the limits several times, in one go. */
  const isStalled = (): boolean => {
    const since = performance.now() - lookedAt
    if (since > everyMs / 4) {
      stalled = since > 2 * everyMs
      lookedAt += since
    }
    return stalled
  }
  for (const name of ['headersTimeout', 'requestTimeout'] as const) {
    let limitMs = server[name]
    Object.defineProperty(server, name, {
      // 0: no limit.
      get: () => (isStalled() ? 0 : limitMs),
      set: (value: number) => {
        limitMs = value
      },
    })
  }
}
