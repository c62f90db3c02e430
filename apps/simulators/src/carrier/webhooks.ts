import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { createLogger } from '#libs/observability'
import { signedHeaders } from '#libs/webhooks'
import type { Store } from '../store/store.ts'
import { type ShipmentEvent, unacknowledged } from './shipment.ts'
import type { Shipments } from './shipments.ts'

const log = createLogger('webhooks')
/** Shipments per request; each has two events at most. */
const BATCH = 100
const TIMEOUT_MS = 10_000
const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 2_000
/** Between two looks for what is due, milliseconds: what happens within it travels together. */
const BREATH_MS = 10
/** Looks, at the latest, although nobody asked: the clock may have been set. Milliseconds. */
const LONGEST_SLEEP_MS = 60_000

/** The callback said no on purpose: to say the same again would not change that. */
class Refused extends Error {
  override readonly name = 'Refused'
}

/**
 * Too slow or too much at once gets better, a path that is not there yet may come with the next version, and a secret that
 * the receiver does not know with its next start.
 */
const isFinal = (status: number): boolean =>
  status >= 400 && status < 500 && ![401, 404, 408, 425, 429].includes(status)

/**
 * Tells each callback address its events: in order, at least once, until it answers 2xx. One request at a time per
 * address; what waits is in the store and only read when it is its turn, so an address that is away costs no memory. An
 * event that the callback refuses for good is given up, and logged; it holds up no other.
 */
export class Webhooks {
  readonly #reporting = new Set<string>()
  readonly #agent = new Agent({ headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
  readonly #stopped = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #wakesAt = Number.POSITIVE_INFINITY

  constructor(
    private readonly store: Store,
    private readonly shipments: Shipments,
    private readonly options: {
      /** Each signs; without any nothing is signed. */
      readonly secrets: readonly string[]
      /** Decides for each event whether its callback never hears of it. */
      readonly isLost: () => boolean
    },
  ) {}

  /** There is something to report at this time, ms since the epoch. */
  wake(at: number): void {
    if (this.#stopped.signal.aborted || at >= this.#wakesAt) return
    clearTimeout(this.#timer)
    this.#wakesAt = at
    const delay = Math.min(LONGEST_SLEEP_MS, Math.max(BREATH_MS, at - Date.now()))
    this.#timer = setTimeout(() => this.#look(), delay)
    this.#timer.unref()
  }

  /** What was not acknowledged is told again after the next start. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    clearTimeout(this.#timer)
    await this.#agent.destroy()
  }

  #look(): void {
    this.#wakesAt = Number.POSITIVE_INFINITY
    const now = Date.now()
    for (const { url, due } of this.shipments.callbacks()) {
      if (this.#reporting.has(url)) continue
      if (due <= now) void this.#report(url)
      else this.wake(due)
    }
  }

  /** Until nothing is due; nothing that fails ends it, but the end of the process. */
  async #report(url: string): Promise<void> {
    this.#reporting.add(url)
    for (let failures = 0; !this.#stopped.signal.aborted; ) {
      const due = this.shipments.due(url, Date.now(), BATCH)
      if (due.length === 0) break
      try {
        const batch = due.map((shipment) => unacknowledged(shipment, Date.now()))
        await this.#deliver(
          url,
          batch.flat().filter(() => !this.options.isLost()),
        )
        await this.store.write(() => {
          for (const events of batch) if (events[0]) this.shipments.acknowledge(events[0].shipmentId, events.length)
        })
        failures = 0
      } catch (error) {
        if (failures++ === 0 && !this.#stopped.signal.aborted)
          log.warn('callback failed, trying again', { callbackUrl: url, count: due.length, error })
        await this.#pause(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1)))
      }
    }
    this.#reporting.delete(url)
    this.wake(Date.now())
  }

  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#stopped.signal }).catch(() => undefined)
  }

  async #deliver(url: string, events: readonly ShipmentEvent[]): Promise<void> {
    if (events.length === 0) return
    try {
      await this.#post(url, events)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      if (events.length === 1)
        log.error('the callback refuses an event for good', {
          callbackUrl: url,
          orderId: events[0]!.orderId,
          eventId: events[0]!.eventId,
          error,
        })
      // One of them is refused: which one, only they themselves can show.
      else for (const event of events) await this.#deliver(url, [event])
    }
  }

  async #post(callbackUrl: string, events: readonly ShipmentEvent[]): Promise<void> {
    const text = JSON.stringify({ events })
    const { secrets } = this.options
    const { statusCode, body } = await request(callbackUrl, {
      dispatcher: this.#agent,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        // Each request is a message of its own: what is repeated is put together anew.
        ...(secrets.length > 0 && signedHeaders(`msg_${randomUUID()}`, new Date(), text, secrets)),
      },
      body: text,
      signal: this.#stopped.signal,
    })
    await body.dump()
    if (isFinal(statusCode)) throw new Refused(`answered ${statusCode}`)
    if (statusCode < 200 || statusCode > 299) throw new Error(`answered ${statusCode}`)
  }
}
