import { expect, test } from 'vitest'
import { MemoryBudget } from './memory-budget.ts'

function readers() {
  const resumed: string[] = []
  const reader = (name: string) => ({ resume: () => void resumed.push(name) })
  return { resumed, a: reader('a'), b: reader('b'), c: reader('c') }
}

test('readers wait while memory is exhausted, all but one', () => {
  const { resumed, a, b, c } = readers()
  const memory = new MemoryBudget(() => 100)
  memory.take(120)
  expect([memory.mayExceed(a), memory.mayExceed(b), memory.mayExceed(c)]).toEqual([true, false, false])
  for (const one of [b, c]) memory.wait(one)
  memory.finished(a)
  expect(resumed).toEqual(['b'])
  expect(memory.mayExceed(b)).toBe(true)
  memory.release(60)
  expect(resumed).toEqual(['b', 'c'])
})

test('a reader that goes away is not waited for', () => {
  const { resumed, a, b, c } = readers()
  const memory = new MemoryBudget(() => 1)
  memory.take(1)
  memory.mayExceed(a)
  for (const one of [b, c]) memory.wait(one)
  memory.finished(b)
  memory.finished(a)
  expect(resumed).toEqual(['c'])
})

test('what is put off waits until memory is not overdrawn', () => {
  const memory = new MemoryBudget(() => 100)
  let calls = 0
  memory.take(250)
  memory.whenFree(() => calls++)
  memory.whenFree(() => calls++)()
  memory.release(30)
  expect([memory.overdrawn, calls]).toEqual([true, 0])
  memory.release(30)
  expect([memory.overdrawn, calls]).toEqual([false, 1])
})

test('no more is reserved than there is', () => {
  const memory = new MemoryBudget(() => 100)
  expect([memory.takeUpTo(70), memory.takeUpTo(70), memory.takeUpTo(70)]).toEqual([70, 30, 0])
})
