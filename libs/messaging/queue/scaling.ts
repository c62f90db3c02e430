import type { PoolScale } from './queue.ts'

/** How many workers a pool should have: twice as many while too much waits, half as many when little does. */
export const scaled = (workers: number, depth: number, { min, max, outAbove, inBelow }: PoolScale): number => {
  if (depth > outAbove) return Math.min(max, Math.max(min, workers * 2))
  if (depth < inBelow) return Math.max(min, Math.min(max, Math.ceil(workers / 2)))
  return Math.min(max, Math.max(min, workers))
}
