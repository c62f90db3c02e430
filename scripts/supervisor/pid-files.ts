import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The process that runs the others, among their pid files. */
export const SUPERVISOR = 'supervisor'

/** The pid of each process of one system, in `DIR/run/<process>.pid`. */
export class PidFiles {
  readonly #folder: string

  constructor(data: string) {
    this.#folder = join(data, 'run')
    mkdirSync(this.#folder, { recursive: true })
  }

  write(name: string, pid: number): void {
    writeFileSync(this.#path(name), `${pid}\n`)
  }

  /** Writes the file only if there is none; false when there is. */
  claim(name: string, pid: number): boolean {
    try {
      writeFileSync(this.#path(name), `${pid}\n`, { flag: 'wx' })
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    }
  }

  remove(name: string): void {
    rmSync(this.#path(name), { force: true })
  }

  read(name: string): number | undefined {
    if (!existsSync(this.#path(name))) return undefined
    const pid = Number(readFileSync(this.#path(name), 'utf8'))
    return Number.isInteger(pid) && pid > 1 ? pid : undefined
  }

  names(): string[] {
    return readdirSync(this.#folder)
      .filter((file) => file.endsWith('.pid'))
      .map((file) => basename(file, '.pid'))
  }

  #path(name: string): string {
    return join(this.#folder, `${name}.pid`)
  }
}

/** The command line of a living process; undefined when there is none. A pid alone proves nothing: pids are reused. */
export const commandLine = (pid: number): string | undefined => {
  try {
    if (existsSync('/proc/self/cmdline')) {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      return line === '' ? undefined : line
    }
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
  } catch {
    return undefined
  }
}

/** Is it alive, and what we take it for? `mark` is a part of its command line. */
export const isRunning = (pid: number, mark: string | RegExp): boolean => {
  const line = commandLine(pid)
  return line !== undefined && (typeof mark === 'string' ? line.includes(mark) : mark.test(line))
}

/** Resolves true once the process is gone, false when it is still there after `milliseconds`. */
export const goneWithin = async (pid: number, mark: string | RegExp, milliseconds: number): Promise<boolean> => {
  const deadline = Date.now() + milliseconds
  while (isRunning(pid, mark)) {
    if (Date.now() > deadline) return false
    await sleep(20)
  }
  return true
}

/**
 * Ends what a supervisor that was killed left behind, and answers the names. Every process of a system has the system's data folder on its
 * command line, which tells it from a stranger that got the same pid since.
 */
export const endLeftovers = async (pids: PidFiles, data: string): Promise<string[]> => {
  const names = pids.names().filter((name) => name !== SUPERVISOR)
  const leftovers = names
    .map((name) => ({ name, pid: pids.read(name) }))
    .filter((entry): entry is { name: string; pid: number } => entry.pid !== undefined && isRunning(entry.pid, data))
  await Promise.all(
    leftovers.map(async ({ name, pid }) => {
      send(pid, name === 'postgres' ? 'SIGINT' : 'SIGTERM')
      if (await goneWithin(pid, data, 10_000)) return
      send(pid, 'SIGKILL')
      await goneWithin(pid, data, 5_000)
    }),
  )
  for (const name of names) pids.remove(name)
  return leftovers.map(({ name }) => name)
}

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone already.
  }
}
