import type { MessageType } from '#libs/contracts'

/** How long a failed message stays invisible before it is tried again; milliseconds. */
export interface Backoff {
  readonly firstMs: number
  /** Each further time it is so many times longer. */
  readonly factor: number
  readonly longestMs: number
}

/** When a pool of workers grows and shrinks, by the messages that wait. */
export interface PoolScale {
  readonly min: number
  readonly max: number
  /** Above so many the pool doubles, below so many it halves. */
  readonly outAbove: number
  readonly inBelow: number
}

export interface QueueSettings {
  /** Messages that one process works on at a time. */
  readonly workers: number
  /**
   * For so long a message that a worker took is invisible to all others, unless the worker renews that, as it does while
   * it works; so a message of a worker that died comes back after it. Kafka allows 15,000 to 60,000. Milliseconds.
   */
  readonly visibilityMs: number
  /** Tries after which a message is a dead letter; the first one counts. */
  readonly tries: number
  readonly backoff: Backoff
  /** Tries of which nothing was heard, as of a worker that died, after which a message is a dead letter. */
  readonly deaths: number
  /** A handler that takes longer is given up, and that is a failed try; milliseconds. */
  readonly longestMs: number
  /** How long a stop waits for handlers, milliseconds. */
  readonly graceMs: number
  /** Messages that may wait in the delay queue; while there are more, no new ones are taken. */
  readonly maxDelayed: number
  /** Without it the pool has its size until somebody sets another. */
  readonly scale?: PoolScale
}

/**
 * A topic whose messages are worked one by one, each by any worker. Its messages may be of these types; whatever else is
 * in the topic is a dead letter.
 */
export interface Queue<T extends MessageType = MessageType> extends QueueSettings {
  /** The topic, which must be declared with the others (libs/contracts) for whoever wants it to be created. */
  readonly name: string
  readonly types: readonly T[]
}

export const queueDefaults: QueueSettings = {
  workers: 5,
  visibilityMs: 30_000,
  tries: 3,
  backoff: { firstMs: 60_000, factor: 2, longestMs: 3_600_000 },
  deaths: 5,
  longestMs: 600_000,
  graceMs: 5_000,
  maxDelayed: 100_000,
}

/** Declares a queue. Throws a `RangeError` for settings that make no sense. */
export const queue = <const T extends MessageType>(
  name: string,
  { types, ...settings }: { readonly types: readonly T[] } & Partial<QueueSettings>,
): Queue<T> => {
  const all = { ...queueDefaults, ...settings }
  const { workers, visibilityMs, tries, deaths, maxDelayed, backoff, scale } = all
  const isCount = (n: number) => Number.isInteger(n) && n >= 1
  if (![visibilityMs, tries, deaths, maxDelayed].every(isCount) || !Number.isInteger(workers) || workers < 0)
    throw new RangeError(`queue ${name}: workers, visibilityMs, tries, deaths and maxDelayed are whole numbers`)
  if (!(backoff.firstMs >= 0 && backoff.factor >= 1 && backoff.longestMs >= backoff.firstMs))
    throw new RangeError(`queue ${name}: its backoff does not grow`)
  if (scale !== undefined && !(scale.min >= 1 && scale.max >= scale.min && scale.outAbove > scale.inBelow))
    throw new RangeError(`queue ${name}: its pool cannot grow and shrink like that`)
  return { name, types, ...all }
}

/**
 * The queues of one kind of work by priority: a topic and a pool of workers for each, so that no backlog of one delays
 * another. `priorityQueues('mails', shared, { high: { workers: 5 }, low: {} })` has the queues `mails-high` and `mails-low`.
 */
export const priorityQueues = <const T extends MessageType, const P extends string>(
  name: string,
  shared: { readonly types: readonly T[] } & Partial<QueueSettings>,
  priorities: Readonly<Record<P, Partial<QueueSettings>>>,
): Readonly<Record<P, Queue<T>>> =>
  Object.fromEntries(
    Object.entries<Partial<QueueSettings>>(priorities).map(([priority, own]) => [
      priority,
      queue(`${name}-${priority}`, { ...shared, ...own }),
    ]),
  ) as Record<P, Queue<T>>

/** How long to stay invisible after the `tries`-th failed try. The workers are few, so what failed together may come together. */
export const backoffMs = ({ firstMs, factor, longestMs }: Backoff, tries: number): number =>
  Math.round(Math.min(longestMs, firstMs * factor ** (tries - 1)))
