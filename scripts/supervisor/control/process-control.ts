import type { ProcessLook } from '../system.ts'
import { Pauses } from './pauses.ts'
import { familyOf, memoryOf, signalAll } from './process-family.ts'
import type { Trail } from './trail.ts'

export const COMMANDS = ['kill', 'pause', 'resume'] as const
export type Command = (typeof COMMANDS)[number]

/** What the gateway passes on, already parsed. */
export interface CommandRequest {
  readonly name: string
  readonly command: Command
  /** The `Idempotency-Key`, and what the body was. */
  readonly key: string
  readonly fingerprint: string
  /** E.g. `operator:ann`. */
  readonly actor: string
  readonly reason?: string | undefined
}

export interface Answer {
  readonly status: number
  readonly body: object
}

/** Who passes the answer on must be able to do so before it is killed or paused itself. Milliseconds. */
const GRACE_OF_MESSENGER_MS = 300
const MESSENGER = 'console'

/** Looks at the processes of a system, and breaks them on purpose: each time on record first, and once for each key. */
export class ProcessControl {
  constructor(
    private readonly look: () => readonly ProcessLook[],
    private readonly trail: Trail,
    private readonly pauses = new Pauses(),
  ) {}

  /** All of them, with the memory that they hold. */
  async state(): Promise<object[]> {
    return Promise.all(
      this.look().map(async ({ pid, startedAt, lastEnd, ...process }) => {
        const pausedUntil = this.pauses.until(process.name, pid)
        return {
          ...process,
          state: pausedUntil === undefined ? process.state : 'paused',
          pid: pid ?? null,
          startedAt: instant(startedAt),
          pausedUntil: instant(pausedUntil),
          memoryBytes: (pid && (await memoryOf(await familyOf(pid)))) ?? null,
          lastEnd: lastEnd === undefined ? null : { at: instant(lastEnd.at), cause: lastEnd.cause },
          commands: COMMANDS.filter((command) => this.#refusal(process.name, pid, command) === undefined),
        }
      }),
    )
  }

  async command({ name, command, key: given, fingerprint, actor, reason }: CommandRequest): Promise<Answer> {
    const process = this.look().find((each) => each.name === name)
    if (process === undefined) return problem(404, 'unknown-process', `no process ${name}; there are ${this.#names()}`)
    const key = `${command} ${name} ${actor} ${given}`
    const before = this.trail.answered(key)
    if (before !== undefined)
      return before.fingerprint === fingerprint
        ? { status: 202, body: { ...before.answer, replayed: true } }
        : problem(422, 'idempotency-key-reused', 'the key was used for another body')
    if (this.trail.isFull)
      return problem(409, 'trail-full', `${this.trail.path} is full: stop the system, put that file away, start again`)
    const { pid } = process
    const deed = { actor, action: `process.${command}`, target: `process/${name}`, ...(reason && { reason }) }
    const refusal = this.#refusal(name, pid, command)
    if (refusal !== undefined || pid === undefined) {
      this.trail.record({ ...deed, outcome: 'refused', detail: refusal ?? '' })
      return { status: 409, body: { ...problemBody('process-refuses', refusal ?? ''), reason: refusal } }
    }
    const answer = { process: name, pid, accepted: command }
    this.trail.record({ ...deed, outcome: 'done' }, { key, fingerprint, answer })
    const act = () => this.#act(name, pid, command)
    if (name === MESSENGER) setTimeout(() => void act(), GRACE_OF_MESSENGER_MS)
    else await act()
    return { status: 202, body: answer }
  }

  /** Lets everything go on; for when the system stops. */
  close(): Promise<void> {
    return this.pauses.resumeAll()
  }

  async #act(name: string, pid: number, command: Command): Promise<void> {
    if (command === 'kill') signalAll([pid], 'SIGKILL')
    else if (command === 'pause') await this.pauses.pause(name, pid)
    else await this.pauses.resume(name)
  }

  #refusal(name: string, pid: number | undefined, command: Command): string | undefined {
    if (pid === undefined) return `${name} does not run at this moment; it is being started again`
    const isPaused = this.pauses.until(name, pid) !== undefined
    if (command === 'pause' && isPaused) return `${name} is paused already`
    if (command === 'resume' && !isPaused) return `${name} is not paused`
    return undefined
  }

  #names(): string {
    return this.look()
      .map(({ name }) => name)
      .join(', ')
  }
}

const instant = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString())

const problemBody = (type: string, detail: string): object => ({ type, detail })
const problem = (status: number, type: string, detail: string): Answer => ({ status, body: problemBody(type, detail) })
