import { type EventFilter, type MessageType, meansType } from '#libs/contracts'
import type { Database, Sql } from '#libs/database'
import { createLogger, fields } from '#libs/observability'
import type { Destination } from '../domain/subscriptions/subscription.ts'
import { readActive } from './sql/read-subscriptions.ts'

/** An active subscription, as far as fanning out goes. */
export interface Subscriber {
  readonly id: string
  readonly filter: EventFilter
  readonly deliver: Destination
  readonly activeSince: Date
}

/** How often it is looked whether another process has changed subscriptions, and how old the last look may be. */
const LOOK_MS = 1_000
const OLDEST_MS = 2_000

const log = createLogger('subscriptions')

/**
 * Who is subscribed at the moment. Transactions ask the database (`current`), one short statement each as long as nothing
 * has changed. Whether a type is worth a transaction at all (`isWanted`) is answered from the last look, which is at most
 * two seconds old: when it is older, or somebody has changed subscriptions here since, every type is.
 */
export class Directory {
  #epoch = -1n
  #subscribers: readonly Subscriber[] = []
  #wanted = new Map<MessageType, boolean>()
  /** When the last look began, on a clock that nobody sets, milliseconds. */
  #lookedAtMs = Number.NEGATIVE_INFINITY
  #changes = 0
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  readonly #memo = new WeakMap<Sql, Promise<readonly Subscriber[]>>()

  constructor(private readonly database: Database) {}

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
    this.#look()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  /** Subscriptions were changed in this process: what the last look said, or is about to say, holds no longer. */
  changed(): void {
    this.#lookedAtMs = Number.NEGATIVE_INFINITY
    this.#changes++
  }

  isWanted(type: MessageType): boolean {
    if (performance.now() - this.#lookedAtMs > OLDEST_MS) return true
    let wanted = this.#wanted.get(type)
    if (wanted === undefined) {
      wanted = this.#subscribers.some(({ filter }) => meansType(filter, type))
      this.#wanted.set(type, wanted)
    }
    return wanted
  }

  /** Those that are active as this transaction sees it; asked for once in it. */
  current(tx: Sql): Promise<readonly Subscriber[]> {
    let current = this.#memo.get(tx)
    if (current === undefined) {
      current = this.#read(tx)
      this.#memo.set(tx, current)
    }
    return current
  }

  async #read(sql: Sql): Promise<readonly Subscriber[]> {
    const known = this.#epoch
    const before = this.#subscribers
    const { epoch, active } = await readActive(sql, known)
    if (epoch === known) return before
    const subscribers = active.map(({ id, filter, deliver, activeSince }) => ({
      ...{ id, filter, deliver },
      activeSince: activeSince!,
    }))
    // Answers may overtake each other: what is kept never goes back.
    if (epoch > this.#epoch) {
      this.#epoch = epoch
      this.#subscribers = subscribers
      this.#wanted = new Map()
    }
    return subscribers
  }

  #look(): void {
    this.#looking ??= this.#lookNow()
      .catch((error: unknown) => log.debug('subscriptions not looked at', { [fields.error]: error }))
      .finally(() => {
        this.#looking = undefined
      })
  }

  async #lookNow(): Promise<void> {
    const beganMs = performance.now()
    const changes = this.#changes
    await this.#read(this.database)
    if (changes === this.#changes) this.#lookedAtMs = beganMs
  }
}
