import { readdir, readFile } from 'node:fs/promises'
import type { RunningSystem } from '../test/support/system.ts'
import { report } from './figures.ts'

/**
 * Memory of the whole system: the proportional set sizes of all of its processes (what PostgreSQL's backends share
 * counts once). Linux only, read from /proc.
 */
export const memory = async (system: RunningSystem, when: string): Promise<void> => {
  const sizes = await memoryByProcess(system)
  const mb = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  report(`memory of the whole demo, ${when}`, `${mb.toFixed(0)} MB`, '< 1000 MB', mb < 1_000)
  console.log(`  ${[...sizes].map(([name, size]) => `${name} ${size.toFixed(0)}`).join(', ')} MB`)
}

/** MB of each process by name, the supervisor's own too; PostgreSQL with its children. */
export const memoryByProcess = async (system: RunningSystem): Promise<ReadonlyMap<string, number>> => {
  const children = await childrenByParent()
  const sizes = new Map<string, number>()
  for (const [name, pid] of await system.processes())
    sizes.set(name, (await sum(family(pid, name === 'postgres' ? children : new Map()))) / 1024)
  return sizes
}

const family = (pid: number, children: ReadonlyMap<number, number[]>): number[] => [pid, ...(children.get(pid) ?? [])]

const sum = async (pids: readonly number[]): Promise<number> => {
  const sizes = await Promise.all(pids.map(proportionalKib))
  return sizes.reduce((total, size) => total + size, 0)
}

/** 0 for a process that has ended meanwhile. */
const proportionalKib = async (pid: number): Promise<number> => {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0)
}

const childrenByParent = async (): Promise<Map<number, number[]>> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const children = new Map<number, number[]>()
  for (const pid of pids) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0)
    children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  return children
}
