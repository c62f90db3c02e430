import { setTimeout as pause } from 'node:timers/promises'
import { type Client, orderOf } from '../test/support/client.ts'
import type { RunningSystem } from '../test/support/system.ts'
import { until } from '../test/support/until.ts'
import { report } from './figures.ts'
import { memoryByProcess } from './memory.ts'
import { OpenPages } from './open-pages.ts'
import { printPerOrder, processorTimes } from './processor.ts'
import { type Sizes, sizes } from './retention.ts'
import { completed, plentifulSkus } from './throughput.ts'

const UNDER_WAY = 1_500
const CONNECTIONS = 32
const SAMPLE_MS = 20_000
/** Memory goes up and down with what is collected; flat is what ends no higher than this over its first third. */
const FLAT = 1.15
/** PostgreSQL's and a heap's own growth towards their limits, which are stated. MB. */
const SLACK = 40
const MB = 2 ** 20

export interface SoakOptions {
  readonly orders: number
  readonly seconds: number
  readonly withPages: boolean
}

interface Sample {
  readonly orders: number
  readonly memory: ReadonlyMap<string, number>
  readonly disk: Sizes
}

/**
 * Very many orders one after the other, and whether any process keeps something of each: its highest memory in the last
 * third of the run must be no more than in the first, but for what collections leave to chance. Ends after `orders`
 * orders or `seconds`, whichever is first, and prints processor time and bytes on the disk per order. `withPages` leaves
 * pages of the console open beside it, and looks at their memory as well.
 */
export const soak = async (
  system: RunningSystem,
  client: Client,
  { orders, seconds, withPages }: SoakOptions,
): Promise<void> => {
  await using pages = withPages ? await OpenPages.open(system.url) : undefined
  const skus = await plentifulSkus(client)
  const samples: Sample[] = []
  const before = await completed(client)
  const spentBefore = await processorTimes(system)
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1_000
  let placed = 0
  let done = 0
  const running = () => placed < orders && elapsed() < seconds
  const placing = Array.from({ length: CONNECTIONS }, async (_, connection) => {
    while (running()) {
      if (placed - done >= UNDER_WAY) {
        await pause(5)
        continue
      }
      const n = placed++
      const order = orderOf({ [skus[n % skus.length]!]: 1 }, { customerId: `soak-${connection}-${n % 5_000}` })
      await client.placeSurely(order)
    }
  })
  const counting = (async () => {
    for (let sampleAt = 0; running(); await pause(200)) {
      // A system that is too busy to say is asked again: how long it may take is what `seconds` says.
      done = await completed(client).then(
        (now) => now - before,
        () => done,
      )
      if (elapsed() * 1_000 < sampleAt) continue
      sampleAt = elapsed() * 1_000 + SAMPLE_MS
      samples.push({ orders: done, memory: await memoryByProcess(system), disk: await sizes(system) })
      const row = [...samples.at(-1)!.memory].map(([name, mb]) => `${name} ${mb.toFixed(0)}`)
      console.log(`  ${elapsed().toFixed(0)} s, ${done} orders: ${row.join(', ')} MB`)
      await pages?.sample()
    }
  })()
  await Promise.all([...placing, counting])
  const all = async () => (await completed(client)) - before === placed || undefined
  await until(`all ${placed} orders to complete`, all, { timeoutMs: 300_000, everyMs: 250 })
  console.log(`${placed} orders in ${elapsed().toFixed(0)} s, ${(placed / elapsed()).toFixed(0)}/s, none lost`)
  printPerOrder(spentBefore, await processorTimes(system), placed)
  reportMemory(samples)
  pages?.report()
  reportDisk(samples)
}

const reportMemory = (samples: readonly Sample[]): void => {
  const third = Math.ceil(samples.length / 3)
  for (const name of samples[0]!.memory.keys()) {
    const highest = (part: readonly Sample[]) => Math.max(...part.map(({ memory }) => memory.get(name) ?? 0))
    const [first, last] = [highest(samples.slice(0, third)), highest(samples.slice(-third))]
    const figure = `${first.toFixed(0)} → ${last.toFixed(0)} MB`
    report(`memory of ${name}, first and last third`, figure, `≤ ${FLAT} ×`, last <= first * FLAT + SLACK)
  }
}

const reportDisk = (samples: readonly Sample[]): void => {
  const [from, to] = [samples[Math.ceil(samples.length / 3)] ?? samples[0]!, samples.at(-1)!]
  console.log(`bytes on the disk per order, of the last ${to.orders - from.orders}:`)
  const rows = [...to.disk].map(([name, bytes]) => {
    const grown = (bytes - (from.disk.get(name) ?? 0)) / (to.orders - from.orders)
    return { name, grown, bytes }
  })
  for (const { name, grown, bytes } of rows.toSorted((a, b) => b.grown - a.grown))
    if (grown >= 1)
      console.log(`  ${name.padEnd(34)} ${grown.toFixed(0).padStart(7)}   (${(bytes / MB).toFixed(0)} MB)`)
}
