import { createLogger, fields } from '#libs/observability'

export interface NextOffset {
  readonly topic: string
  readonly partition: number
  /** Of the first record that is not done yet. */
  readonly offset: string
}

/** How much is handled again, and recognised as done, after a crash. Milliseconds. */
const INTERVAL_MS = 250

/**
 * Tells the broker how far each partition is done: at most one request per interval for all partitions together, and
 * nobody waits for it. Always behind the database, never ahead: what the broker does not know of is read again after
 * a crash, and the inbox knows it.
 */
export class OffsetCommitter {
  readonly #log = createLogger('consumer')
  readonly #pending = new Map<string, NextOffset>()
  #timer: NodeJS.Timeout | undefined
  #underWay: Promise<void> = Promise.resolve()

  constructor(private readonly commit: (offsets: NextOffset[]) => Promise<void>) {}

  note(offset: NextOffset): void {
    this.#pending.set(nameOf(offset), offset)
    this.#timer ??= setTimeout(() => void this.flush(), INTERVAL_MS)
  }

  /** Resolves when everything noted was sent. A failure is only logged: the next commit says it all again. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#underWay = this.#underWay.then(() => this.#send())
    await this.#underWay
  }

  /** After a rebalance: what is said about partitions that we no longer have is their new owner's business. */
  keepOnly(assignment: Readonly<Record<string, readonly number[]>>): void {
    for (const [name, { topic, partition }] of this.#pending)
      if (!assignment[topic]?.includes(partition)) this.#pending.delete(name)
  }

  /** The topic is another one now; what was noted is about the one of old. */
  forget(topic: string): void {
    for (const [name, offset] of this.#pending) if (offset.topic === topic) this.#pending.delete(name)
  }

  async #send(): Promise<void> {
    const offsets = [...this.#pending.values()]
    this.#pending.clear()
    if (offsets.length === 0) return
    try {
      await this.commit(offsets)
    } catch (error) {
      this.#log.debug('offsets not committed', { [fields.error]: error })
    }
  }
}

const nameOf = ({ topic, partition }: NextOffset): string => `${topic}/${partition}`
