import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** User and system time of a process and of the children it has waited for. Seconds. Linux only. */
export const cpuSeconds = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name, in parentheses, may hold anything; what follows it is numbers. utime is the 14th field of all.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND
}

const statusMb = (pid: number, field: 'VmHWM' | 'VmRSS'): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024
}

export const residentMb = (pid: number): number => statusMb(pid, 'VmRSS')
/** Since the process began or `resetPeak` was called. */
export const peakMb = (pid: number): number => statusMb(pid, 'VmHWM')
export const resetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5')

export interface Usage {
  readonly cpuSeconds: number
  readonly peakMb: number
}

/** What `work` cost the process. */
export const usageOf = async <T>(pid: number, work: () => Promise<T>): Promise<[T, Usage]> => {
  resetPeak(pid)
  const before = cpuSeconds(pid)
  const result = await work()
  return [result, { cpuSeconds: cpuSeconds(pid) - before, peakMb: peakMb(pid) }]
}
