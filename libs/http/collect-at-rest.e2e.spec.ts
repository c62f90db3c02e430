import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'

const compiled = pathToFileURL(`${import.meta.dirname}/../../dist/libs/http/collect-at-rest.js`).href

/** A process that leaves some ten megabytes of garbage behind, then rests, and says how much of its heap is used. */
const program = `
  const { collectAtRest } = await import(${JSON.stringify(compiled)})
  let garbage = Array.from({ length: 300_000 }, (_, i) => ({ i }))
  const used = () => console.log(process.memoryUsage().heapUsed)
  used()
  garbage = undefined
  collectAtRest(100)
  setInterval(used, 100)`

test('a process at rest gives back what it does not need', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const sizes = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const next = async () => Number((await sizes.next()).value)
    const before = await next()
    expect(before).toBeGreaterThan(10_000_000)
    let now = before
    while (now > before / 2) now = await next()
  } finally {
    child.kill('SIGKILL')
  }
})
