import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** One record, as a consumer said that it had read it. */
export interface ReadRecord {
  readonly partition: number
  readonly offset: number
  readonly value: string
}

/** How a consumer says that: as Java's console consumer does when it is to print partitions and offsets. */
const LINE = /^Partition:(\d+)\tOffset:(\d+)\t(.*)$/
const ERRORS_KEPT = 4_000

/** A consumer of whatever language, in a process of its own that can be killed. */
export class ConsumerProcess {
  readonly reads: ReadRecord[] = []
  /** The end of what it said besides. */
  errors = ''
  #incomplete = ''
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#closed = once(this.#child, 'close')
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => this.#take(text))
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.errors = (this.errors + text).slice(-ERRORS_KEPT)
    })
  }

  /** `kill -9`; resolves when all that it had said is in `reads`. */
  async kill9(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#closed
  }

  /** Has it leave its group; the same. */
  async leave(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null)
      throw new Error(`it has ended by itself: ${this.errors}`)
    this.#child.kill('SIGTERM')
    await this.#closed
  }

  /** A line that a killed one did not end is none. */
  #take(text: string): void {
    const lines = (this.#incomplete + text).split('\n')
    this.#incomplete = lines.pop()!
    for (const line of lines) {
      const found = LINE.exec(line)
      if (found === null) this.errors = `${this.errors}${line}\n`.slice(-ERRORS_KEPT)
      else this.reads.push({ partition: Number(found[1]), offset: Number(found[2]), value: found[3]! })
    }
  }
}
