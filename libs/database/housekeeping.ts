import { createLogger, fields } from '#libs/observability'

const EVERY_MS = 60_000

const log = createLogger('housekeeping')

/** Now and then forgets what protects against repetitions that cannot come any more. */
export class Housekeeping {
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined

  /** `forget` deletes a bounded number of rows at a time, so that nobody waits for it. */
  constructor(private readonly forget: (now: Date) => Promise<unknown>) {}

  start(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.#run().finally(() => {
        this.#running = undefined
      })
    }, EVERY_MS)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }

  async #run(): Promise<void> {
    try {
      await this.forget(new Date())
    } catch (error) {
      log.warn('nothing forgotten this time', { [fields.error]: error })
    }
  }
}
