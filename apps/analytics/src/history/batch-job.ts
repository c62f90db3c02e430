import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import type { HourCounts } from '#libs/archive'
import { createLogger, describeError, fields } from '#libs/observability'

/** As it is built; services run in the folder of the repository. */
const PROGRAM = resolve('dist/scripts/batch.js')
const HOUR_MS = 3_600_000
/** Behind a full hour, so that its last visits are over, and the events that say so in the archive. */
const BEHIND_MS = 17 * 60_000
const HOURS = 48
const LONGEST_MS = 10 * 60_000
const MOST_OUTPUT = 256 * 1024 * 1024

export interface BatchResult extends HourCounts {
  /** When it was begun, and from when on hours were counted. Milliseconds since 1970. */
  readonly at: number
  readonly from: number
  readonly tookMs: number
}

const log = createLogger('batch')

/**
 * Counts the last two days from the archive, every hour and when it is told to: in a process of its own, whose memory ends
 * with it. Its results are kept in memory; after a start it runs when it is asked for, or at the next full hour.
 */
export class BatchJob {
  #result: BatchResult | undefined
  #failure: string | undefined
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #stopping = new AbortController()

  constructor(private readonly archive: string | undefined) {}

  get isPossible(): boolean {
    return this.archive !== undefined
  }

  get state() {
    return { running: this.#running !== undefined, result: this.#result, failure: this.#failure }
  }

  start(): void {
    if (this.isPossible) this.#await()
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#stopping.abort()
    await this.#running
  }

  /** Begins now, unless it is under way. */
  run(): void {
    this.#running ??= this.#count().finally(() => {
      this.#running = undefined
    })
  }

  #await(): void {
    const now = Date.now()
    const next = Math.floor((now - BEHIND_MS) / HOUR_MS + 1) * HOUR_MS + BEHIND_MS
    this.#timer = setTimeout(() => {
      this.run()
      this.#await()
    }, next - now).unref()
  }

  async #count(): Promise<void> {
    const at = Date.now()
    const from = Math.floor(at / HOUR_MS) * HOUR_MS - HOURS * HOUR_MS
    try {
      const args = [PROGRAM, '--json', '--archive', this.archive!, '--from', String(from), '--to', String(at + HOUR_MS)]
      const options = { maxBuffer: MOST_OUTPUT, timeout: LONGEST_MS, signal: this.#stopping.signal }
      const { stdout } = await promisify(execFile)(process.execPath, args, options)
      this.#result = { ...(JSON.parse(stdout) as HourCounts), at, from, tookMs: Date.now() - at }
      this.#failure = undefined
      log.info('counted from the archive', { [fields.count]: this.#result.files, ms: this.#result.tookMs })
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      this.#failure = describeError(error).slice(0, 1_000)
      log.warn('not counted from the archive', { [fields.error]: error })
    }
  }
}
