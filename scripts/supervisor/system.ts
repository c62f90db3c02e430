import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessPlan } from '../processes.ts'
import { LogFile } from './log-file.ts'
import type { PidFiles } from './pid-files.ts'
import { watchOver } from './postgres.ts'
import { type ProcessEnd, SupervisedProcess } from './supervised-process.ts'
import { isNotable, type Terminal } from './terminal.ts'
import { throttled } from './throttle.ts'

/** A process that is not ready after this long will not be. Milliseconds. */
const PATIENCE = 120_000
const LAST_LINES = 25
/** Of each of them. */
const LONGEST_LINE = 2_000

export interface SystemOptions {
  readonly data: string
  readonly plans: readonly ProcessPlan[]
  readonly pids: PidFiles
  readonly terminal: Terminal
  readonly verbose: boolean
  /** Brings the database of a process up to date, before its first start. */
  readonly prepareDatabase: (plan: ProcessPlan) => Promise<void>
}

/** What is known of a process at this moment. */
export interface ProcessLook {
  readonly name: string
  /** `starting`: it runs and is not ready yet; `down`: it does not run, and is started again. */
  readonly state: 'up' | 'starting' | 'down'
  readonly pid: number | undefined
  /** Milliseconds since 1970. */
  readonly startedAt: number | undefined
  readonly restarts: number
  readonly lastEnd: ProcessEnd | undefined
  /** The last that it said, the newest last. */
  readonly lines: readonly string[]
}

/** All processes of Waybill: started in parallel as far as they do not need each other, kept running, stopped in order. */
export class System {
  readonly #members: Map<string, Member>
  #stopping = false

  constructor(options: SystemOptions) {
    mkdirSync(join(options.data, 'logs'), { recursive: true })
    this.#members = new Map(options.plans.map((plan) => [plan.name, new Member(plan, options)]))
  }

  /** Resolves when every process is ready; rejects, naming it, when one cannot become so. */
  async start(): Promise<void> {
    const ready = new Map<string, Promise<void>>()
    for (const [name, member] of this.#members) {
      const needed = member.plan.after.map((other) => ready.get(other)!)
      const promise = Promise.all(needed).then(async () => {
        if (!this.#stopping) await member.start()
      })
      ready.set(name, promise)
      promise.catch(() => undefined)
    }
    await Promise.all(ready.values())
  }

  async stop(): Promise<void> {
    this.#stopping = true
    for (const stage of [3, 2, 1]) {
      const members = [...this.#members.values()].filter(({ plan }) => plan.stage === stage)
      await Promise.all(members.map((member) => member.stop()))
    }
  }

  look(): ProcessLook[] {
    return [...this.#members.values()].map((member) => member.look())
  }

  kill(): void {
    for (const member of this.#members.values()) member.process.kill()
  }
}

class Member {
  readonly plan: ProcessPlan
  readonly process: SupervisedProcess
  readonly #options: SystemOptions
  readonly #log: LogFile
  readonly #lastLines: string[] = []
  readonly #warn: (line: string) => void
  #failed: string | undefined
  #restartedAt: number | undefined
  #everReady = false
  /** The one that was last seen ready. */
  #readyPid: number | undefined

  constructor(plan: ProcessPlan, options: SystemOptions) {
    this.plan = plan
    this.#options = options
    this.#warn = throttled((line) => options.terminal.from(plan.name, line))
    this.#log = new LogFile(join(options.data, 'logs', `${plan.name}.log`), ({ message }) =>
      options.terminal.from(plan.name, `its log cannot be written, lines are lost until it can: ${message}`),
    )
    this.process = new SupervisedProcess({
      name: plan.name,
      launch: plan.launch,
      ...(plan.stopSignal === undefined ? {} : { stopSignal: plan.stopSignal }),
      onStart: (child) => {
        this.#notePid(child.pid!)
        if (plan.name === 'postgres') watchOver(child)
        if (this.#restartedAt !== undefined) void this.#tellWhenBack(this.#restartedAt)
      },
      onLine: (line, stream) => this.#line(line, stream),
      onCrash: (crash) => this.#crashed(crash),
    })
  }

  async start(): Promise<void> {
    const { plan } = this
    const startedAt = Date.now()
    await this.#options.prepareDatabase(plan)
    await this.process.start()
    while (!(await plan.isReady())) {
      if (this.#failed !== undefined) throw this.#failure(this.#failed)
      if (Date.now() - startedAt > PATIENCE) throw this.#failure(`not ready after ${PATIENCE / 1_000} s`)
      await sleep(40)
    }
    this.#everReady = true
    this.#readyPid = this.process.pid
    this.#options.terminal.from(plan.name, `ready after ${seconds(startedAt)}  ${plan.address}`)
  }

  async stop(): Promise<void> {
    const outcome = await this.process.stop()
    if (outcome === 'killed') this.#options.terminal.from(this.plan.name, 'did not stop when asked to: killed')
    this.#options.pids.remove(this.plan.name)
    await this.#log.close()
  }

  look(): ProcessLook {
    const { pid, startedAt, restarts, lastEnd } = this.process
    const state = pid === undefined ? 'down' : pid === this.#readyPid ? 'up' : 'starting'
    return { name: this.plan.name, state, pid, startedAt, restarts, lastEnd, lines: [...this.#lastLines] }
  }

  /** A full disk must not keep a process from running. */
  #notePid(pid: number): void {
    try {
      this.#options.pids.write(this.plan.name, pid)
    } catch (error) {
      this.#options.terminal.from(this.plan.name, `its pid, ${pid}, cannot be noted: ${(error as Error).message}`)
    }
  }

  #line(line: string, stream: 'stdout' | 'stderr'): void {
    this.#log.write(line)
    this.#lastLines.push(line.slice(0, LONGEST_LINE))
    if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift()
    if (this.#options.verbose) this.#options.terminal.from(this.plan.name, line)
    else if (this.#everReady && isNotable(this.plan.name, line, stream)) this.#warn(line)
  }

  #crashed({ cause, delay, looping }: { cause: string; delay: number; looping: boolean }): void {
    if (looping && !this.#everReady) {
      this.#failed = `it ended again and again (${cause})`
      return
    }
    const plan = delay === 0 ? 'restarting it' : `restarting it in ${delay} ms`
    this.#options.terminal.from(this.plan.name, `ended (${cause}): ${plan}`)
    if (looping)
      this.#options.terminal.from(this.plan.name, `keeps ending soon after its start, see ${this.#logName()}`)
    this.#restartedAt ??= Date.now()
  }

  async #tellWhenBack(since: number): Promise<void> {
    const pid = this.process.pid
    while (this.process.pid === pid) {
      if (await this.plan.isReady()) {
        this.#restartedAt = undefined
        this.#readyPid = pid
        return this.#options.terminal.from(this.plan.name, `ready again after ${seconds(since)}`)
      }
      await sleep(100)
    }
  }

  #failure(reason: string): Error {
    const lines = this.#lastLines.map((line) => `    ${line}`).join('\n')
    return new Error(`${this.plan.name} does not start: ${reason}\n${lines}\n  all of it: ${this.#logName()}`)
  }

  #logName(): string {
    return join(this.#options.data, 'logs', `${this.plan.name}.log`)
  }
}

export const seconds = (since: number): string => `${((Date.now() - since) / 1_000).toFixed(1)} s`
