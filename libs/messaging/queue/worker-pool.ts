import type { WorkItem } from './items/work-item.ts'

export interface WorkerPoolOptions {
  readonly workers: number
  readonly work: (item: WorkItem, stopped: AbortSignal) => Promise<void>
  /** There is room again. */
  readonly onRoom: () => void
}

/**
 * Works on so many messages at a time. As many again may wait at hand, so that nobody waits for the next one to be
 * fetched; what comes from the delay queue goes first, for it has waited longer.
 */
export class WorkerPool {
  #size: number
  readonly #ready: WorkItem[] = []
  readonly #running = new Map<WorkItem, Promise<void>>()
  readonly #stopped = new AbortController()
  #stopping = false

  constructor(private readonly options: WorkerPoolOptions) {
    this.#size = options.workers
  }

  get size(): number {
    return this.#size
  }

  /** How many more messages may be fetched. */
  get room(): number {
    return this.#stopping ? 0 : Math.max(0, 2 * this.#size - this.#running.size - this.#ready.length)
  }

  add(items: readonly WorkItem[], where: 'behind' | 'first' = 'behind'): void {
    if (this.#stopping) for (const item of items) item.giveBack()
    else if (where === 'first') this.#ready.unshift(...items)
    else this.#ready.push(...items)
    this.#pump()
  }

  /** A smaller pool lets its workers end what they do, and gives back what waits. */
  resize(workers: number): void {
    this.#size = workers
    for (const item of this.#ready.splice(workers)) item.giveBack()
    this.#pump()
    this.options.onRoom()
  }

  /** Gives back what was not begun, and after `graceMs` what has not ended. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true
    for (const item of this.#ready.splice(0)) item.giveBack()
    const timer = setTimeout(() => this.#stopped.abort(new Error('the process stops')), graceMs)
    while (this.#running.size > 0) await Promise.all(this.#running.values())
    clearTimeout(timer)
  }

  #pump(): void {
    while (this.#running.size < this.#size && this.#ready.length > 0) {
      const item = this.#ready.shift()!
      // Somebody else has it by now.
      if (item.lost.aborted) {
        item.giveBack()
        continue
      }
      const work = this.options.work(item, this.#stopped.signal).finally(() => {
        this.#running.delete(item)
        this.#pump()
        this.options.onRoom()
      })
      this.#running.set(item, work)
    }
  }
}
