import { readdir, readFile } from 'node:fs/promises'
import type { RunningSystem } from '../test/support/system.ts'

/** What a clock tick of /proc is, milliseconds: 100 a second on every Linux of today. */
const TICK_MS = 10

/** Processor time so far by process of the system, milliseconds; PostgreSQL with all of its children, ended ones too. */
export type ProcessorTimes = ReadonlyMap<string, number>

/** Of all processes together, milliseconds. */
export const totalOf = (times: ProcessorTimes): number => [...times.values()].reduce((sum, spent) => sum + spent, 0)

/** Linux only, read from /proc. The load generator, which is this process, is in it as `bench`. */
export const processorTimes = async (system: RunningSystem): Promise<ProcessorTimes> => {
  const stats = await allStats()
  const times = new Map<string, number>()
  for (const [name, pid] of await system.processes()) {
    const own = stats.get(pid)
    if (own === undefined) continue
    const children = name === 'postgres' ? [...stats.values()].filter(({ parent }) => parent === pid) : []
    times.set(
      name,
      children.reduce((sum, child) => sum + child.ms, own.ms + (name === 'postgres' ? own.endedMs : 0)),
    )
  }
  const { user, system: kernel } = process.cpuUsage()
  return times.set('bench', (user + kernel) / 1_000)
}

/** So far, of one process without its children, milliseconds. Linux only; 0 when it is gone. */
export const processorTimeOf = async (pid: number): Promise<number> => (await allStats()).get(pid)?.ms ?? 0

/** Between two moments and for each of so many orders, the most expensive process first. */
export const printPerOrder = (before: ProcessorTimes, after: ProcessorTimes, orders: number): void =>
  print(before, after, orders, 'order')

export const printPerQuote = (before: ProcessorTimes, after: ProcessorTimes, quotes: number): void =>
  print(before, after, quotes, 'quote')

const print = (before: ProcessorTimes, after: ProcessorTimes, count: number, what: string): void => {
  const spent = [...after].map(([name, ms]) => [name, (ms - (before.get(name) ?? 0)) / count] as const)
  const total = spent.reduce((sum, [, ms]) => sum + ms, 0)
  const parts = spent.toSorted(([, a], [, b]) => b - a).map(([name, ms]) => `${name} ${ms.toFixed(2)}`)
  console.log(`  ${total.toFixed(1)} ms of processor time per ${what}: ${parts.join(', ')}`)
}

interface Stat {
  readonly parent: number
  readonly ms: number
  /** Of children that have ended and were waited for. */
  readonly endedMs: number
}

const allStats = async (): Promise<Map<number, Stat>> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const stats = new Map<number, Stat>()
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
    if (stat === undefined) continue
    // The name of the program, in parentheses, may hold anything.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [parent, user, kernel, endedUser, endedKernel] = [1, 11, 12, 13, 14].map((i) => fields[i]!)
    stats.set(pid, { parent: parent!, ms: (user! + kernel!) * TICK_MS, endedMs: (endedUser! + endedKernel!) * TICK_MS })
  }
  return stats
}
