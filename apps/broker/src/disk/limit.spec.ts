import { expect, it } from 'vitest'
import { Limit } from './limit.ts'
import { SharedSync } from './shared-sync.ts'

const turn = () => new Promise(setImmediate)

it('so many at a time, in order, and a failure makes room as well', async () => {
  const limit = new Limit(3)
  const begun: number[] = []
  let running = 0
  let most = 0
  const works = Array.from({ length: 20 }, (_, index) =>
    limit.run(async () => {
      begun.push(index)
      most = Math.max(most, ++running)
      await turn()
      running--
      if (index % 4 === 0) throw new Error('failed')
    }),
  )
  await Promise.allSettled(works)
  expect([most, running]).toEqual([3, 0])
  expect(begun).toEqual(Array.from({ length: 20 }, (_, index) => index))
})

it('a sync serves all who asked before it began, and nobody who asked later', async () => {
  const finish: (() => void)[] = []
  const shared = new SharedSync(() => new Promise((resolve) => finish.push(resolve)))
  const first = shared.run()
  await turn()
  const later = [shared.run(), shared.run(), shared.run()]
  await turn()
  expect(finish.length).toBe(1)
  finish[0]!()
  await first
  await turn()
  expect(finish.length).toBe(2)
  finish[1]!()
  await Promise.all(later)
})
