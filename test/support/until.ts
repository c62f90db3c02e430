import { setTimeout as pause } from 'node:timers/promises'

/** Asks until the answer is not undefined; fails, saying for what it waited, when that takes too long: in words of then. */
export const until = async <T>(
  what: string | (() => string),
  ask: () => Promise<T | undefined>,
  { timeoutMs = 60_000, everyMs = 50 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> => {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline)
      throw new Error(`waited ${timeoutMs} ms in vain for ${typeof what === 'string' ? what : what()}`)
    await pause(everyMs)
  }
}
