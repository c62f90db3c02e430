import { readdir, readFile } from 'node:fs/promises'
import type { RunningSystem } from '../test/support/system.ts'
import { report } from './figures.ts'

/**
 * Memory of the whole system: the proportional set sizes of all of its processes (what PostgreSQL's backends share
 * counts once). Linux only, read from /proc.
 */
export const memory = async (system: RunningSystem, when: string): Promise<void> => {
  const processes = await system.processes()
  const children = await childrenByParent()
  let total = 0
  const rows: string[] = []
  for (const [name, pid] of processes) {
    const kib = await sum(family(pid, name === 'postgres' ? children : new Map()))
    total += kib
    rows.push(`${name} ${(kib / 1024).toFixed(0)}`)
  }
  const mb = total / 1024
  report(`memory of the whole demo, ${when}`, `${mb.toFixed(0)} MB`, '< 1000 MB', mb < 1_000)
  console.log(`  ${rows.join(', ')} MB`)
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
