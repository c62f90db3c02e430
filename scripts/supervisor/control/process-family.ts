import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const hasProc = existsSync('/proc/self/status')

/** A process and those that it made: PostgreSQL works in one of its own for each connection. */
export const familyOf = async (pid: number): Promise<number[]> => [pid, ...(await childrenOf(pid))]

const childrenOf = async (pid: number): Promise<number[]> => {
  if (hasProc)
    try {
      const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      return listed.split(' ').filter(Boolean).map(Number)
    } catch {
      // Ended meanwhile, or a kernel without that list.
    }
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']).catch(() => ({ stdout: '' }))
  const pairs = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  return pairs.flatMap(([each, parent]) => (parent === pid && each !== undefined ? [each] : []))
}

/**
 * Bytes that these processes hold in memory: what they share counts for each in part where the system says so. Undefined
 * when it cannot be told.
 */
export const memoryOf = async (pids: readonly number[]): Promise<number | undefined> => {
  const sizes = await Promise.all(pids.map(hasProc ? proportionalKib : residentKib))
  const known = sizes.filter((size) => size !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, size) => sum + size, 0) * 1_024
}

const proportionalKib = async (pid: number): Promise<number | undefined> => {
  const read = (file: string, field: string) =>
    readFile(`/proc/${pid}/${file}`, 'utf8').then((text) =>
      Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1]),
    )
  const size = await read('smaps_rollup', 'Pss').catch(() => read('status', 'VmRSS').catch(() => undefined))
  return Number.isFinite(size) ? size : undefined
}

const residentKib = async (pid: number): Promise<number | undefined> => {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]).catch(() => ({ stdout: '' }))
  const size = Number.parseInt(stdout, 10)
  return Number.isFinite(size) ? size : undefined
}

/** Whoever has ended meanwhile is passed over. */
export const signalAll = (pids: readonly number[], signal: NodeJS.Signals): void => {
  for (const pid of pids)
    try {
      process.kill(pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
}
