import { randomUUID } from 'node:crypto'
import { type Client, orderOf } from '../test/support/client.ts'
import type { RunningSystem } from '../test/support/system.ts'
import { median, report } from './figures.ts'
import { loadOrders } from './load-orders.ts'
import { processorTimes, totalOf } from './processor.ts'
import { plentifulSkus } from './throughput.ts'

const WARM_UP = 3_000
/** Orders of one turn: some seconds at full speed. */
const ORDERS = 2_000
const UNDER_WAY = 1_000
const CONNECTIONS = 48
const SAMPLED_EVERY = 10
/** What a sampled trace may cost at most, as a share of the throughput. */
const BAR = 0.03

interface Turn {
  /** Completed a second. */
  readonly rate: number
  readonly processorMs: number
}

/**
 * What it costs that every tenth order is traced: the same load in turns without any and with a tenth, on one system, so that
 * neither has warmer code or a faster hour of the machine. Each pair begins with the other one than the pair before. The
 * caller's own `traceparent` says which orders are traced, so nothing else differs.
 */
export const traces = async (system: RunningSystem, client: Client, pairs: number): Promise<void> => {
  const skus = await plentifulSkus(client)
  await load(client, skus, { orders: WARM_UP, isTraced: false })
  const turn = async (isTraced: boolean): Promise<Turn> => {
    const [spent, startedAt] = [totalOf(await processorTimes(system)), performance.now()]
    await load(client, skus, { orders: ORDERS, isTraced })
    const seconds = (performance.now() - startedAt) / 1_000
    return { rate: ORDERS / seconds, processorMs: (totalOf(await processorTimes(system)) - spent) / ORDERS }
  }
  const rates: number[] = []
  const times: number[] = []
  console.log(`${ORDERS} orders a turn: off, and 1 in ${SAMPLED_EVERY} traced`)
  for (let pair = 0; pair < pairs; pair++) {
    const first = await turn(pair % 2 === 1)
    const second = await turn(pair % 2 === 0)
    const [off, on] = pair % 2 === 0 ? [first, second] : [second, first]
    rates.push(on.rate / off.rate)
    times.push(on.processorMs / off.processorMs)
    console.log(
      `  ${shown(off)}   ${shown(on)}   ${share(rates.at(-1)!)} of the orders, ${share(times.at(-1)!)} of the time`,
    )
  }
  const cost = 1 - median(rates)
  report(
    `1 in ${SAMPLED_EVERY} traced: fewer orders a second by, median of ${pairs}`,
    share(cost),
    `< ${share(BAR)}`,
    cost < BAR,
  )
  console.log(`processor time per order, median: ${share(median(times))} of what it is without`)
}

const shown = ({ rate, processorMs }: Turn): string => `${rate.toFixed(0)}/s ${processorMs.toFixed(2)} ms`
const share = (of: number): string => `${(of * 100).toFixed(1)} %`

/** Of which every tenth is traced, or none. */
const load = (
  client: Client,
  skus: readonly string[],
  { orders, isTraced }: { readonly orders: number; readonly isTraced: boolean },
): Promise<void> => {
  const place = async (n: number): Promise<number> => {
    const flags = isTraced && n % SAMPLED_EVERY === 0 ? '01' : '00'
    const [key, span] = [randomUUID(), randomUUID()]
    const { status } = await client.call(
      ...(['POST', '/api/orders'] as const),
      orderOf({ [skus[n % skus.length]!]: 1 }, { customerId: `traced-${n % 500}` }),
      { 'idempotency-key': key, traceparent: `00-${hex(key)}-${hex(span).slice(0, 16)}-${flags}` },
    )
    return status
  }
  return loadOrders(client, { orders, connections: CONNECTIONS, underWay: UNDER_WAY, place })
}

const hex = (uuid: string): string => uuid.replaceAll('-', '')
