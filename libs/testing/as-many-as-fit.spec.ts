import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { asManyAsFit } from './as-many-as-fit.ts'

afterEach(() => vi.restoreAllMocks())

/** Each run seems to have taken `ms`. */
function clockThatPasses(ms: number): void {
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (now += ms))
}

test('a property is tried for a time and no longer', async () => {
  clockThatPasses(1000)
  let tried = 0
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      asManyAsFit(async () => void tried++),
    ),
    { numRuns: 500 },
  )
  expect(tried).toBeGreaterThan(5)
  expect(tried).toBeLessThan(20)
})

test('what fails within that time fails, and is said at once, and shrunk', async () => {
  clockThatPasses(10)
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const property = asManyAsFit(async (n: number) => expect(n).toBeLessThan(10))
  await expect(fc.assert(fc.asyncProperty(fc.nat(1e9), property))).rejects.toThrow('Counterexample: [10]')
  expect(said, 'the first failure, and none of those of shrinking').toHaveBeenCalledTimes(1)
})

test('it is shrunk for a time and no longer, and fails with the smallest so far, its seed and what was wrong', async () => {
  clockThatPasses(1000)
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  let tried = 0
  const property = asManyAsFit(async (numbers: number[]) => {
    tried++
    if (numbers.length > 0) throw new Error('it is not empty')
  })
  const lists = fc.array(fc.nat(), { minLength: 50, maxLength: 100 })
  const failure = fc.assert(fc.asyncProperty(lists, property), { seed: 7 })
  await expect(failure).rejects.toThrow(/seed: 7, path: "0:.*Counterexample: \[\[.*it is not empty/s)
  expect(tried).toBeGreaterThan(5)
  expect(tried).toBeLessThan(20)
})
