import { setTimeout as delay } from 'node:timers/promises'

const TRIES = 20
const PAUSE_MS = 250

/** The answer to a question that changes nothing. A broker that has just started may not lead everything yet. */
export const askBroker = async <T>(question: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries++) {
    try {
      return await question()
    } catch (error) {
      if (tries === TRIES) throw error
      await delay(PAUSE_MS)
    }
  }
}
