import { expect, test } from 'vitest'
import { Slices } from './slices.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

/** How many turns the rest of the process has while this is worked off. */
const turnsDuring = async (work: () => Promise<void>): Promise<number> => {
  let [turns, isOver] = [0, false]
  const turn = () => {
    turns++
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  await work()
  isOver = true
  return turns
}

test('every item comes once, in order, and others have a turn in between', async () => {
  const found: number[] = []
  const turns = await turnsDuring(async () => {
    for await (const slice of new Slices().of(numbers(10_000))) {
      expect(slice.length).toBeLessThanOrEqual(250)
      found.push(...slice)
    }
  })
  expect(found).toEqual(numbers(10_000))
  expect(turns).toBeGreaterThanOrEqual(39)
})

test('lists that are short add up, and items that are much work are few', async () => {
  const slices = new Slices()
  const work = async (lists: number, weigh?: () => number) => {
    for (let list = 0; list < lists; list++) for await (const _ of slices.of(numbers(10), weigh));
  }
  expect(await turnsDuring(() => work(100))).toBeLessThanOrEqual(6)
  expect(await turnsDuring(() => work(100, () => 100))).toBeGreaterThanOrEqual(300)
})
