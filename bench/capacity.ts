import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { type Constants, constants } from '../scripts/capacity/constants.ts'
import { databaseUrl } from '../scripts/postgres/cluster.ts'
import { SERVICES } from '../scripts/processes.ts'
import { ROOT } from '../scripts/root.ts'
import { type Client, orderOf } from '../test/support/client.ts'
import type { RunningSystem } from '../test/support/system.ts'
import { until } from '../test/support/until.ts'
import { memoryByProcess } from './memory.ts'
import { processorTimes } from './processor.ts'
import { sizes } from './retention.ts'
import { completed, plentifulSkus } from './throughput.ts'

const WARM_UP = 0.25
const MB_PER_MIB = 1.048576
/** Orders under way at most, so that what is measured is the work and not its queue. */
const UNDER_WAY = 500
const CONNECTIONS = 16

/**
 * Measures what one order takes of everything, as the mean of `orders` at `rate` a second, the first quarter not counted,
 * and writes it to `bench/capacity.json`, from which `npm run capacity` computes.
 */
export const capacity = async (system: RunningSystem, client: Client, orders: number, rate: number): Promise<void> => {
  const skus = await plentifulSkus(client)
  const warmUp = Math.round(orders * WARM_UP)
  await place(client, skus, warmUp, rate)
  const before = await look(system)
  const startedAt = performance.now()
  await place(client, skus, orders - warmUp, rate)
  const memoryMb = await memoryByProcess(system)
  const after = await look(system)
  const counted = orders - warmUp
  const ordersPerSecond = counted / ((performance.now() - startedAt) / 1_000)
  const perOrder = (of: (seen: Look) => ReadonlyMap<string, number>): Record<string, number> =>
    Object.fromEntries(
      [...of(after)]
        .map(([name, value]) => [name, round((value - (of(before).get(name) ?? 0)) / counted)] as const)
        .filter(([, value]) => value > 0),
    )
  const each = (of: (seen: Look) => number): number => round((of(after) - of(before)) / counted)
  const measured: Constants = constants.parse({
    measuredAt: new Date().toISOString(),
    command: `npm run bench -- --only capacity --orders ${orders} --rate ${rate}`,
    machine: `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`,
    ...{ orders: counted, ordersPerSecond: round(ordersPerSecond) },
    processorMs: perOrder(({ processor }) => processor),
    memoryMb: Object.fromEntries([...memoryMb].map(([name, mib]) => [name, Math.round(mib * MB_PER_MIB)])),
    messages: { written: each(({ written }) => written), read: each(({ read }) => read) },
    events: perOrder(({ events }) => events),
    rowBytes: perOrder(({ rows }) => rows),
    topicBytes: perOrder(({ topics }) => topics),
    network: {
      brokerIn: each(({ topics }) => sum(topics)),
      brokerOut: each(({ bytesOut }) => bytesOut),
      all: each(({ loopback }) => loopback),
    },
  })
  print(measured)
  await writeFile(join(ROOT, 'bench/capacity.json'), `${JSON.stringify(measured, null, 2)}\n`)
}

const place = async (client: Client, skus: readonly string[], orders: number, rate: number): Promise<void> => {
  const before = await completed(client)
  let placed = 0
  let done = 0
  const startedAt = performance.now()
  const placing = Array.from({ length: CONNECTIONS }, async (_, connection) => {
    while (placed < orders) {
      const isEarly = placed > ((performance.now() - startedAt) / 1_000) * rate
      if (isEarly || placed - done >= UNDER_WAY) {
        await pause(5)
        continue
      }
      const n = placed++
      await client.placeSurely(
        orderOf({ [skus[n % skus.length]!]: 1 }, { customerId: `capacity-${connection}-${n % 5_000}` }),
      )
    }
  })
  const all = async () => {
    done = (await completed(client)) - before
    return done === orders || undefined
  }
  const counting = until(`${orders} orders to complete`, all, { timeoutMs: 1_800_000, everyMs: 200 })
  await Promise.all([...placing, counting])
}

interface Look {
  readonly processor: ReadonlyMap<string, number>
  readonly rows: ReadonlyMap<string, number>
  readonly events: ReadonlyMap<string, number>
  readonly topics: ReadonlyMap<string, number>
  readonly written: number
  readonly read: number
  readonly bytesOut: number
  readonly loopback: number
}

const look = async (system: RunningSystem): Promise<Look> => {
  const processor = await processorTimes(system)
  const page = await fetch(`http://127.0.0.1:${await system.portOf('brokerHttp')}/metrics`).then((it) => it.text())
  const counted = (name: string) =>
    new Map(
      [...page.matchAll(new RegExp(`^${name}\\{topic="([^"]+)"\\} (\\S+)$`, 'gm'))].map(
        ([, topic, value]) => [topic!, Number(value)] as const,
      ),
    )
  const all = await sizes(system)
  const rows = new Map([...all].filter(([name]) => !name.startsWith('files.')))
  const [written, read] = [counted('broker_topic_records_in_total'), counted('broker_topic_records_out_total')]
  return {
    ...{ processor, rows, written: sum(written), read: sum(read), loopback: await loopbackBytes() },
    events: await eventCounts(system),
    topics: counted('broker_topic_bytes_in_total'),
    bytesOut: sum(counted('broker_topic_bytes_out_total')),
  }
}

const sum = (values: ReadonlyMap<string, number>): number => [...values.values()].reduce((all, value) => all + value, 0)

const eventCounts = async (system: RunningSystem): Promise<Map<string, number>> => {
  const counts = new Map<string, number>()
  for (const service of SERVICES) {
    const db = new pg.Client({ connectionString: databaseUrl(system.postgresPort, `waybill_${service}`) })
    await db.connect()
    const { rows } = await db.query<{ there: string | null }>(`SELECT to_regclass('public.events') AS there`)
    if (rows[0]!.there !== null) {
      const { rows: counted } = await db.query<{ count: string }>('SELECT count(*) FROM events')
      counts.set(service, Number(counted[0]!.count))
    }
    await db.end()
  }
  return counts
}

/** Received by the loopback device so far; Linux only. Whatever else talks over it is in it. */
const loopbackBytes = async (): Promise<number> =>
  Number(/^\s*lo:\s*(\d+)/m.exec(await readFile('/proc/net/dev', 'utf8'))?.[1] ?? 0)

const round = (value: number): number => Number(value.toPrecision(4))

const print = ({ processorMs, messages, events, rowBytes, topicBytes, orders, ordersPerSecond }: Constants): void => {
  const total = (values: Readonly<Record<string, number>>) => Object.values(values).reduce((all, one) => all + one, 0)
  const [written, happened] = [messages.written, total(events)]
  const eventBytes = Object.entries(rowBytes).filter(([name]) => name.endsWith('.events'))
  console.log(`${orders} orders at ${ordersPerSecond.toFixed(0)}/s
an order:   ${total(processorMs).toFixed(1)} ms of processor time, ${total(rowBytes).toFixed(0)} bytes of rows, ${total(topicBytes).toFixed(0)} of topics
a message:  ${(total(topicBytes) / written).toFixed(0)} bytes, ${((processorMs.broker ?? 0) / written).toFixed(3)} ms of the broker; ${written.toFixed(1)} an order, each read ${(messages.read / written).toFixed(1)} times
an event:   ${(total(Object.fromEntries(eventBytes)) / happened).toFixed(0)} bytes with its indexes; ${happened.toFixed(1)} an order`)
}
