import { StorageError } from './log-error.ts'
import type { Report } from './report.ts'

/** Whether a log takes batches. */
export class LogHealth {
  /** Set by a failed sync: nobody knows what the device holds, so nothing more may be acknowledged on top of it. */
  failure: StorageError | undefined
  private isOver = false

  constructor(private readonly options: { readonly directory: string; readonly report: Report }) {}

  get isClosed(): boolean {
    return this.isOver
  }

  /** What is still on its way fails, and that is no news. */
  close(): void {
    this.isOver = true
  }

  /** What those are told who wait for something that failed. */
  error(doing: string, cause: unknown): StorageError {
    const { directory, report } = this.options
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (!this.isOver) report('error', `${doing} a log failed`, { directory, reason })
    return new StorageError(`${doing} ${directory} failed: ${reason}`, { cause })
  }

  /** Until it is healed. */
  fail(doing: string, cause: unknown): StorageError {
    this.failure = this.error(doing, cause)
    return this.failure
  }

  healed(): void {
    const { directory, report } = this.options
    this.failure = undefined
    report('info', 'the log accepts writes again', { directory })
  }
}
