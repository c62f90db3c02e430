import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { afterCrash, NO_CRASHES } from './restart-policy.ts'

/** A program ready to be started, with the user to run it as where that is another. */
export interface Launch {
  readonly file: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly uid?: number
  readonly gid?: number
}

export interface SupervisedProcessOptions {
  readonly name: string
  /** Asked before every start, so that a restart can clear up after the crash first. */
  readonly launch: () => Launch | Promise<Launch>
  /** The polite way to ask it to stop. Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals
  readonly onStart: (child: ChildProcess) => void
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void
  readonly onCrash: (crash: { cause: string; delay: number; looping: boolean }) => void
}

export interface ProcessEnd {
  /** Milliseconds since 1970. */
  readonly at: number
  /** A signal, an exit code, or why it could not be started. */
  readonly cause: string
}

/** Between the polite request to stop and the end by force. Milliseconds. */
const STOP_GRACE = 15_000

/** One process that is to run until it is told to stop: when it ends by itself it is started again. */
export class SupervisedProcess {
  readonly name: string
  readonly #options: SupervisedProcessOptions
  #child: ChildProcess | undefined
  #startedAt: number | undefined
  #starts = 0
  #lastEnd: ProcessEnd | undefined
  #restart: NodeJS.Timeout | undefined
  #history = NO_CRASHES
  #stopping = false

  constructor(options: SupervisedProcessOptions) {
    this.name = options.name
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Of the one that runs. Milliseconds since 1970. */
  get startedAt(): number | undefined {
    return this.#child && this.#startedAt
  }

  /** How often it was started again. */
  get restarts(): number {
    return Math.max(0, this.#starts - 1)
  }

  /** How it last ended uninvited. */
  get lastEnd(): ProcessEnd | undefined {
    return this.#lastEnd
  }

  async start(): Promise<void> {
    const startedAt = Date.now()
    try {
      const { file, args, env, ...identity } = await this.#options.launch()
      if (this.#stopping) return
      // A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which then stops things in order.
      const child = spawn(file, args, {
        ...identity,
        env: { ...process.env, ...env },
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true,
      })
      child.once('error', (error) => this.#ended(child, startedAt, error.message))
      child.once('exit', (code, signal) => this.#ended(child, startedAt, signal ?? `exit code ${code}`))
      if (child.pid === undefined) return
      child.stdin.on('error', () => undefined)
      this.#child = child
      this.#startedAt = startedAt
      this.#starts++
      this.#read(child.stdout, 'stdout')
      this.#read(child.stderr, 'stderr')
      this.#options.onStart(child)
    } catch (error) {
      this.#crashed(startedAt, (error as Error).message)
    }
  }

  /** Resolves when it is gone: by itself if it hears the signal, by force if not. */
  async stop(): Promise<'stopped' | 'killed'> {
    this.#stopping = true
    clearTimeout(this.#restart)
    const child = this.#child
    if (child === undefined) return 'stopped'
    const exited = once(child, 'exit')
    child.kill(this.#options.stopSignal ?? 'SIGTERM')
    let outcome: 'stopped' | 'killed' = 'stopped'
    const force = setTimeout(() => {
      outcome = 'killed'
      child.kill('SIGKILL')
    }, STOP_GRACE)
    await exited
    clearTimeout(force)
    return outcome
  }

  kill(): void {
    this.#stopping = true
    clearTimeout(this.#restart)
    this.#child?.kill('SIGKILL')
  }

  #ended(child: ChildProcess, startedAt: number, cause: string): void {
    if (this.#child !== undefined && this.#child !== child) return
    this.#child = undefined
    this.#crashed(startedAt, cause)
  }

  #crashed(startedAt: number, cause: string): void {
    if (this.#stopping) return
    this.#lastEnd = { at: Date.now(), cause }
    const { state, delay, looping } = afterCrash(this.#history, Date.now() - startedAt)
    this.#history = state
    this.#options.onCrash({ cause, delay, looping })
    this.#restart = setTimeout(() => void this.start(), delay)
  }

  #read(stream: Readable, name: 'stdout' | 'stderr'): void {
    createInterface({ input: stream }).on('line', (line) => this.#options.onLine(line, name))
  }
}
