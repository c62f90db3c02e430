import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { createLogger } from '#libs/observability'
import type { ShipmentEvent } from './shipment.ts'

const log = createLogger('webhooks')
const BATCH = 200
const TIMEOUT_MS = 10_000
const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 2_000

/** The callback said no on purpose: to say the same again would not change that. */
class Refused extends Error {
  override readonly name = 'Refused'
}

/** Too slow or too much at once gets better, and a path that is not there yet may come with the next version. */
const isFinal = (status: number): boolean => status >= 400 && status < 500 && ![404, 408, 425, 429].includes(status)

/**
 * Tells each callback address its events: in order, at least once, until it answers 2xx. One request at a time per
 * address, and what happens meanwhile is its next batch; so events due together travel together. An event that the
 * callback refuses for good is given up, and logged; it holds up no other.
 */
export class Webhooks {
  readonly #waiting = new Map<string, ShipmentEvent[]>()
  readonly #agent = new Agent({ headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
  readonly #stopped = new AbortController()

  /** @param acknowledged records what need not be told again. */
  constructor(private readonly acknowledged: (events: readonly ShipmentEvent[]) => Promise<unknown>) {}

  push(callbackUrl: string, events: readonly ShipmentEvent[]): void {
    const waiting = this.#waiting.get(callbackUrl)
    if (waiting) {
      waiting.push(...events)
      return
    }
    const queue = [...events]
    this.#waiting.set(callbackUrl, queue)
    this.#drain(callbackUrl, queue).catch((error: unknown) => {
      if (!this.#stopped.signal.aborted) log.error('webhooks stopped', { callbackUrl, error })
    })
  }

  /** What was not acknowledged is told again after the next start. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#agent.destroy()
  }

  async #drain(callbackUrl: string, queue: ShipmentEvent[]): Promise<void> {
    await nextTurn()
    while (queue.length > 0) {
      const batch = queue.slice(0, BATCH)
      await this.#deliver(callbackUrl, batch)
      queue.splice(0, batch.length)
      await this.acknowledged(batch)
    }
    this.#waiting.delete(callbackUrl)
  }

  async #deliver(callbackUrl: string, events: readonly ShipmentEvent[]): Promise<void> {
    const { signal } = this.#stopped
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#post(callbackUrl, events)
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof Refused) return await this.#deliverAlone(callbackUrl, events, error)
        if (attempt === 0) log.warn('callback failed, trying again', { callbackUrl, count: events.length, error })
        await sleep(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt), undefined, { signal })
      }
    }
  }

  /** One of them is refused for good: which one, only they themselves can show. */
  async #deliverAlone(callbackUrl: string, events: readonly ShipmentEvent[], error: Refused): Promise<void> {
    if (events.length === 1) {
      log.error('the callback refuses an event for good', { callbackUrl, event: events[0], error })
      return
    }
    for (const event of events) await this.#deliver(callbackUrl, [event])
  }

  async #post(callbackUrl: string, events: readonly ShipmentEvent[]): Promise<void> {
    const { statusCode, body } = await request(callbackUrl, {
      dispatcher: this.#agent,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ events }),
      signal: this.#stopped.signal,
    })
    await body.dump()
    if (isFinal(statusCode)) throw new Refused(`answered ${statusCode}`)
    if (statusCode < 200 || statusCode > 299) throw new Error(`answered ${statusCode}`)
  }
}
