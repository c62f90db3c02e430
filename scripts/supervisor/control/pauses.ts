import { familyOf, signalAll } from './process-family.ts'

/** A process goes on by itself after this: whoever paused it may have lost the way to say so. Milliseconds. */
export const LONGEST_PAUSE_MS = 60_000

interface Pause {
  readonly pid: number
  readonly until: number
  readonly timer: NodeJS.Timeout
}

/**
 * Processes that are stopped by `SIGSTOP`, with what they made, as a debugger or a paused virtual machine would stop them:
 * connections stay open, locks stay held, nobody is told. Each goes on by itself.
 */
export class Pauses {
  readonly #pauses = new Map<string, Pause>()

  constructor(private readonly longestMs = LONGEST_PAUSE_MS) {}

  /** Until when it is paused, if the process with this pid is. Milliseconds since 1970. */
  until(name: string, pid: number | undefined): number | undefined {
    const pause = this.#pauses.get(name)
    return pause !== undefined && pause.pid === pid ? pause.until : undefined
  }

  async pause(name: string, pid: number): Promise<void> {
    clearTimeout(this.#pauses.get(name)?.timer)
    const timer = setTimeout(() => void this.resume(name), this.longestMs)
    this.#pauses.set(name, { pid, until: Date.now() + this.longestMs, timer })
    // The one that could make more of them first.
    signalAll([pid], 'SIGSTOP')
    signalAll((await familyOf(pid)).slice(1), 'SIGSTOP')
  }

  async resume(name: string): Promise<void> {
    const pause = this.#pauses.get(name)
    if (pause === undefined) return
    clearTimeout(pause.timer)
    this.#pauses.delete(name)
    signalAll((await familyOf(pause.pid)).toReversed(), 'SIGCONT')
  }

  /** Before the system stops: who is paused does not hear that it shall. */
  async resumeAll(): Promise<void> {
    await Promise.all([...this.#pauses.keys()].map((name) => this.resume(name)))
  }
}
