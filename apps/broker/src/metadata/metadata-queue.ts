/** What an operation concerns: one topic, by its name, or everything. */
export type MetadataScope = { readonly topic: string } | 'everything'

/** Too many operations wait: the client is told to come again. */
export class MetadataQueueFull extends Error {
  override readonly name = 'MetadataQueueFull'
}

interface Queued {
  readonly key: string | undefined
  start(): Promise<void>
}

const MAX_WAITING = 20_000
/** Operations on different topics that run at the same time, and share syncs. */
const MAX_RUNNING = 64

/**
 * The one queue for everything that changes metadata, as Kafka's controller has: each operation finds what the one
 * before it left, and what it found still holds when it writes. In the order of arrival; operations on different topics
 * may run together, one on everything runs alone.
 */
export class MetadataQueue {
  private readonly waiting: Queued[] = []
  private readonly running = new Set<string | undefined>()

  /** Rejects with what the operation rejects with, or with `MetadataQueueFull`, having done nothing. */
  run<T>(scope: MetadataScope, operation: () => Promise<T>): Promise<T> {
    if (this.waiting.length >= MAX_WAITING) {
      return Promise.reject(new MetadataQueueFull(`${MAX_WAITING} changes of metadata wait already`))
    }
    return new Promise<T>((resolve, reject) => {
      // A topic's rival for its name counts as itself, see `collision` of Topics.
      const key = scope === 'everything' ? undefined : foldedName(scope.topic)
      this.waiting.push({ key, start: () => operation().then(resolve, reject) })
      this.pump()
    })
  }

  private pump(): void {
    while (this.waiting.length > 0 && this.mayStart(this.waiting[0]!)) {
      const { key, start } = this.waiting.shift()!
      this.running.add(key)
      void start().finally(() => {
        this.running.delete(key)
        this.pump()
      })
    }
  }

  private mayStart({ key }: Queued): boolean {
    if (key === undefined) return this.running.size === 0
    return !this.running.has(undefined) && !this.running.has(key) && this.running.size < MAX_RUNNING
  }
}

/** Kafka's metrics cannot tell `a.b` from `a_b`, so it lets only one of them be. */
export const foldedName = (topic: string): string => topic.replaceAll('.', '_')
