/** What a `GroupCommit` drives: positions are any number that only grows (offsets, entry counts). */
export interface CommitTarget {
  /** Puts everything accepted so far into the page cache; returns the position up to which that is true. */
  write(): number | Promise<number>
  /** Makes everything written so far durable; returns the position up to which that is true. */
  sync(): Promise<number>
  /** Accepted but unwritten data must be undone. */
  writeFailed(error: unknown): Error
  /** Nobody knows what the device holds beyond the last good sync. */
  syncFailed(error: unknown): Error
}

interface Waiter {
  readonly end: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** The longest that a sync is put off for others to share it. A timer cannot do less. */
const GATHER_MS = 1

/**
 * Group commit: all appends of one event-loop turn become one write, and all that were written while an fdatasync was
 * in flight share the next one. At most one write and one sync are under way, so a busy file batches by itself and an
 * idle one answers after a single sync.
 *
 * Whoever was just answered tends to come back at once. Begun with the first of them, a sync would leave the others to
 * the one after it: so a sync waits, for a moment at most, until there are as many as the last one served. A single
 * client that has one append under way never waits.
 */
export class GroupCommit {
  private writtenEnd: number
  private durableEnd: number
  private writing = false
  private syncing = false
  private dirty = false
  private awaitingWrite: Waiter[] = []
  private awaitingSync: Waiter[] = []
  /** Appends that the last sync made durable. */
  private served = 0
  private endGathering: (() => void) | undefined

  constructor(
    private readonly target: CommitTarget,
    start: number,
  ) {
    this.writtenEnd = start
    this.durableEnd = start
  }

  get durablePosition(): number {
    return this.durableEnd
  }

  /** Something was accepted. */
  accepted(): void {
    if (this.dirty) return
    this.dirty = true
    if (!this.writing) setImmediate(() => void this.write())
  }

  written(end: number): Promise<void> {
    if (end <= this.writtenEnd) return Promise.resolve()
    return new Promise((resolve, reject) => this.awaitingWrite.push({ end, resolve, reject }))
  }

  durable(end: number): Promise<void> {
    if (end <= this.durableEnd) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.awaitingSync.push({ end, resolve, reject })
      void this.sync()
    })
  }

  private async write(): Promise<void> {
    this.writing = true
    while (this.dirty) {
      this.dirty = false
      try {
        const written = this.target.write()
        this.writtenEnd = typeof written === 'number' ? written : await written
        this.awaitingWrite = settle(this.awaitingWrite, this.writtenEnd)
      } catch (error) {
        const failure = this.target.writeFailed(error)
        this.awaitingWrite = reject(this.awaitingWrite, this.writtenEnd, failure)
        this.awaitingSync = reject(this.awaitingSync, this.writtenEnd, failure)
      }
    }
    this.writing = false
    if (this.isGathered) this.endGathering?.()
    void this.sync()
  }

  private async sync(): Promise<void> {
    if (this.syncing) return
    this.syncing = true
    while (this.awaitingSync.some((waiter) => waiter.end <= this.writtenEnd)) {
      if (!this.isGathered) await this.gather()
      try {
        this.durableEnd = await this.target.sync()
        const waited = this.awaitingSync.length
        this.awaitingSync = settle(this.awaitingSync, this.durableEnd)
        this.served = waited - this.awaitingSync.length
      } catch (error) {
        this.awaitingSync = reject(this.awaitingSync, -1, this.target.syncFailed(error))
      }
    }
    this.syncing = false
  }

  private get isGathered(): boolean {
    return this.awaitingSync.length >= this.served
  }

  private async gather(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.endGathering = resolve
      timer = setTimeout(resolve, GATHER_MS)
    })
    clearTimeout(timer)
    this.endGathering = undefined
  }
}

function settle(waiters: Waiter[], end: number): Waiter[] {
  const left: Waiter[] = []
  for (const waiter of waiters) {
    if (waiter.end <= end) waiter.resolve()
    else left.push(waiter)
  }
  return left
}

function reject(waiters: Waiter[], above: number, error: Error): Waiter[] {
  const left: Waiter[] = []
  for (const waiter of waiters) {
    if (waiter.end > above) waiter.reject(error)
    else left.push(waiter)
  }
  return left
}
