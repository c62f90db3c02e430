import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'

const compiled = pathToFileURL(`${import.meta.dirname}/../../dist/libs/http/collect-at-rest.js`).href

/** A process that has `garbage`, then keeps `kept` of it, rests, and says how much of its heap is `measured`. */
const program = (garbage: string, kept: string, measured: 'used_heap_size' | 'total_physical_size') => `
  const { getHeapStatistics } = await import('node:v8')
  const { collectAtRest } = await import(${JSON.stringify(compiled)})
  const size = () => console.log(getHeapStatistics().${measured})
  let garbage = ${garbage}
  size()
  globalThis.kept = ${kept}
  garbage = undefined
  collectAtRest(100)
  setInterval(size, 100)`

const sizesOf = async (code: string, enough: (first: number, now: number) => boolean) => {
  // V8's own reducer of memory would get there in the end, when it finds the time.
  const child = spawn(process.execPath, ['--no-memory-reducer', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const sizes = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const next = async () => Number((await sizes.next()).value)
    const first = await next()
    let now = first
    while (!enough(first, now)) now = await next()
    return first
  } finally {
    child.kill('SIGKILL')
  }
}

test('a process at rest gives back what it does not need', async () => {
  const few = 'Array.from({ length: 300_000 }, (_, i) => ({ i }))'
  const first = await sizesOf(program(few, 'undefined', 'used_heap_size'), (before, now) => now < before / 2)
  expect(first).toBeGreaterThan(10_000_000)
})

test('and after a load also what an ordinary collection leaves, because something of every page is still needed', async () => {
  const many = 'Array.from({ length: 6_000_000 }, (_, i) => ({ i }))'
  const few = 'garbage.filter((_, i) => i % 50 === 0)'
  const first = await sizesOf(program(many, few, 'total_physical_size'), (_, now) => now < 60_000_000)
  expect(first).toBeGreaterThan(80_000_000)
})
