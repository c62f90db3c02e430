/** Where a sync takes longer than this, waiting for a thread to do it costs little in comparison. */
const QUICK_MS = 2
/** So many syncs make the average. */
const SAMPLES = 16
/** After syncs that were not quick. */
const THREADS_MS = 10_000
/** What takes longer to write than to be told of. */
const MAX_BYTES = 1024 * 1024

/**
 * Whether the event loop syncs by itself. A thread that does it has to be woken, and has to wake the event loop in its
 * turn: with all processors busy that takes longer than the sync itself, if the disk is a fast one. On one that is not,
 * and while a fast one has its bad moments, nobody else must wait for it; whether it is better is tried now and then.
 */
export class SyncPace {
  private averageMs = 0
  private threadsUntil = Number.NEGATIVE_INFINITY

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** `bytes`: how much there is to be made durable. */
  isQuick(bytes: number): boolean {
    return bytes <= MAX_BYTES && this.now() >= this.threadsUntil
  }

  /** Does it in the event loop, and minds how long that takes. */
  run(sync: () => void): void {
    const began = this.now()
    sync()
    const now = this.now()
    this.averageMs += (now - began - this.averageMs) / SAMPLES
    if (this.averageMs <= QUICK_MS) return
    this.threadsUntil = now + THREADS_MS
    this.averageMs = 0
  }
}
