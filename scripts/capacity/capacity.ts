import type { Constants } from './constants.ts'

export interface Demand {
  readonly ordersPerSecond: number
  /** How long orders are kept; whoever keeps them for good asks for as long as the disks are to last. */
  readonly retentionDays: number
  /** How much more than `ordersPerSecond`, the mean, comes in the busiest hour. */
  readonly peak: number
  /** Of a core, a disk or a network, at the peak: what is above is for bursts, restarts and rebuilds. */
  readonly utilisation: number
  /** Of each record on a Kafka cluster; 1 with the bundled broker. */
  readonly replicas: number
  readonly node: { readonly cores: number; readonly memoryGb: number; readonly diskGb: number }
  /** Per month. */
  readonly prices?: { readonly core: number; readonly memoryGb: number; readonly diskGb: number }
}

export interface Capacity {
  readonly cores: number
  readonly memoryGb: number
  readonly diskGb: number
  readonly networkMbit: number
  readonly partitions: number
  readonly nodes: number
  /** Processes of each service. */
  readonly processes: Readonly<Record<string, number>>
  /** Whether one bundled broker carries it, which is one process. */
  readonly bundledBrokerCarries: boolean
  readonly costPerMonth?: number
  readonly costPer1000Orders?: number
  /** The arithmetic, line by line. */
  readonly lines: readonly string[]
}

/** The world outside is not ours to size, and the load generator is none of the system. */
const NOT_SIZED = new Set(['simulators', 'bench'])
const SHARED = new Set(['postgres', 'broker'])
const DAY_S = 86_400
const DAYS_OF_COMMANDS = 14
/** Claims are kept so long, keys for a day, see docs/retention.md. */
const DAYS_OF_ROWS: Readonly<Record<string, number>> = { inbox: 15, idempotency_keys: 1 }
/** Empty again when their work is done. */
const QUEUES = new Set(['outbox', 'effects', 'parked', 'deliveries'])
/** Grow with the clock or the catalogue, and not with orders: docs/retention.md. */
const BOUNDED = new Set(['audit_head', 'panes', 'window_counts', 'window_sketches', 'sink_positions'])
const BOUNDED_TOPICS = new Set(['analytics-changelog', 'analytics-results'])
const WAL_GB = 1
const LEAST_PARTITIONS = 6
const MB_PER_GB = 1_000

/** Pure: from what one order takes to what so many a second take. @throws RangeError for a demand that makes no sense. */
export const capacityFor = (demand: Demand, constants: Constants): Capacity => {
  check(demand)
  const lines: string[] = []
  const atPeak = demand.ordersPerSecond * demand.peak
  lines.push(`at the peak ${n(demand.ordersPerSecond)} × ${n(demand.peak)} = ${n(atPeak)} orders/s`, '', 'Processor')
  const processes = processesFor(atPeak, demand, constants, lines)
  const coresOf = (name: string): number => (atPeak * (constants.processorMs[name] ?? 0)) / 1_000 / demand.utilisation
  const kafka = demand.replicas
  // Each replica takes what its leader took in; serving consumers is the leader's alone, so this is an upper bound.
  const brokerCores = coresOf('broker') * kafka
  const postgresCores = coresOf('postgres')
  lines.push(
    `  postgres: ${n(atPeak)}/s × ${n(constants.processorMs.postgres ?? 0)} ms / ${n(demand.utilisation)} = ${n(postgresCores)} cores`,
    `  broker: ${n(atPeak)}/s × ${n(constants.processorMs.broker ?? 0)} ms / ${n(demand.utilisation)}${kafka > 1 ? ` × ${kafka} replicas` : ''} = ${n(brokerCores)} cores`,
  )
  const bundledBrokerCarries = coresOf('broker') <= 1
  const serviceCores = sized(constants).reduce((sum, name) => sum + coresOf(name), 0)
  const cores = serviceCores + postgresCores + brokerCores
  lines.push(`  together ${n(cores)} cores`)

  const memoryGb = memoryFor(processes, kafka, constants, lines)
  const diskGb = diskFor(demand, constants, lines)
  const networkMbit = networkFor(atPeak, kafka, constants, lines)
  const partitions = Math.max(LEAST_PARTITIONS, ...Object.values(processes))
  const need = (what: string, of: number, each: number): number => {
    lines.push(`  by ${what}: ${n(of)} / ${n(each)} = ${Math.ceil(of / each)}`)
    return Math.ceil(of / each)
  }
  lines.push('', 'Nodes')
  const nodes = Math.max(
    kafka,
    need('cores', cores, demand.node.cores),
    need('memory, GB', memoryGb, demand.node.memoryGb),
    need('disk, GB', diskGb, demand.node.diskGb),
  )
  if (kafka > 1) lines.push(`  by replicas: ${kafka}`)
  const cost = costOf(demand, nodes, lines)
  return { cores, memoryGb, diskGb, networkMbit, partitions, nodes, processes, bundledBrokerCarries, ...cost, lines }
}

const sized = ({ processorMs }: Constants): string[] =>
  Object.keys(processorMs).filter((name) => !NOT_SIZED.has(name) && !SHARED.has(name))

/** A process of ours decides on one thread: what is more than a core's share needs another process. */
const processesFor = (
  atPeak: number,
  { utilisation }: Demand,
  constants: Constants,
  lines: string[],
): Record<string, number> =>
  Object.fromEntries(
    sized(constants).map((name) => {
      const cores = (atPeak * constants.processorMs[name]!) / 1_000
      // The supervisor is there once, whatever the load.
      const count = name === 'supervisor' ? 1 : Math.max(1, Math.ceil(cores / utilisation))
      lines.push(
        `  ${name}: ${n(atPeak)}/s × ${n(constants.processorMs[name]!)} ms = ${n(cores)} cores, / ${n(utilisation)} → ${count} process${count > 1 ? 'es' : ''}`,
      )
      return [name, count]
    }),
  )

const memoryFor = (
  processes: Readonly<Record<string, number>>,
  brokers: number,
  { memoryMb }: Constants,
  lines: string[],
): number => {
  const counts = { ...processes, postgres: 1, broker: brokers }
  lines.push('', 'Memory, as measured under load; what the operating system caches of files comes on top')
  let mb = 0
  for (const [name, count] of Object.entries(counts)) {
    mb += count * (memoryMb[name] ?? 0)
    lines.push(`  ${name}: ${count} × ${n(memoryMb[name] ?? 0)} MB`)
  }
  lines.push(`  together ${n(mb / MB_PER_GB)} GB`)
  return mb / MB_PER_GB
}

const diskFor = (demand: Demand, constants: Constants, lines: string[]): number => {
  const { ordersPerSecond, retentionDays, replicas, utilisation } = demand
  const perDay = ordersPerSecond * DAY_S
  const gb = (bytes: number, days: number) => (bytes * perDay * days) / 1e9
  lines.push('', `Disk: ${n(ordersPerSecond)}/s × ${n(DAY_S)} s = ${n(perDay)} orders a day`)
  let total = WAL_GB
  const row = (what: string, bytes: number, days: number, times: number) => {
    if (bytes < 1) return
    const size = gb(bytes, days) * times
    total += size
    lines.push(
      `  ${what}: ${n(bytes)} bytes × ${n(days)} days${times > 1 ? ` × ${times} replicas` : ''} = ${n(size)} GB`,
    )
  }
  for (const [name, bytes] of largest(constants.rowBytes)) {
    const table = name.split('.').at(-1)!
    if (!QUEUES.has(table) && !BOUNDED.has(table))
      row(name, bytes, Math.min(retentionDays, DAYS_OF_ROWS[table] ?? retentionDays), 1)
  }
  for (const [topic, bytes] of largest(constants.topicBytes)) {
    const days = topic.endsWith('-commands') ? Math.min(DAYS_OF_COMMANDS, retentionDays) : retentionDays
    if (!BOUNDED_TOPICS.has(topic)) row(`topic ${topic}`, bytes, days, replicas)
  }
  lines.push(
    `  PostgreSQL's log: ${WAL_GB} GB`,
    `  together ${n(total)} / ${n(utilisation)} = ${n(total / utilisation)} GB`,
  )
  return total / utilisation
}

const largest = (bytes: Readonly<Record<string, number>>) => Object.entries(bytes).toSorted(([, a], [, b]) => b - a)

const networkFor = (atPeak: number, replicas: number, { network }: Constants, lines: string[]): number => {
  const { brokerIn, brokerOut, all } = network
  const replicated = brokerIn * (replicas - 1)
  const mbit = (atPeak * (all + replicated) * 8) / 1e6
  lines.push(
    '',
    'Network, between all processes if each were on a machine of its own',
    `  ${n(atPeak)}/s × (${n(all)} bytes, of which to the broker ${n(brokerIn)} and from it ${n(brokerOut)}${
      replicated > 0 ? `, + ${n(replicated)} between replicas` : ''
    }) = ${n(mbit)} Mbit/s`,
  )
  return mbit
}

const costOf = ({ prices, node, ordersPerSecond }: Demand, nodes: number, lines: string[]) => {
  if (prices === undefined) return {}
  const ofNode = node.cores * prices.core + node.memoryGb * prices.memoryGb + node.diskGb * prices.diskGb
  const costPerMonth = nodes * ofNode
  const costPer1000Orders = (costPerMonth / (ordersPerSecond * DAY_S * 30)) * 1_000
  lines.push(
    '',
    'Cost',
    `  ${nodes} × (${n(node.cores)} × ${n(prices.core)} + ${n(node.memoryGb)} × ${n(prices.memoryGb)} + ${n(node.diskGb)} × ${n(prices.diskGb)}) = ${n(costPerMonth)} a month, ${costPer1000Orders.toFixed(4)} per 1,000 orders`,
  )
  return { costPerMonth, costPer1000Orders }
}

const check = ({ ordersPerSecond, retentionDays, peak, utilisation, replicas, node }: Demand): void => {
  const wrong = (what: string): never => {
    throw new RangeError(what)
  }
  const isPositive = (value: number) => Number.isFinite(value) && value > 0
  if (!isPositive(ordersPerSecond)) wrong('orders per second: more than 0')
  if (!isPositive(retentionDays)) wrong('retention days: more than 0')
  if (!(Number.isFinite(peak) && peak >= 1)) wrong('peak: 1 or more, of the mean')
  if (!(utilisation > 0 && utilisation <= 1)) wrong('utilisation: above 0, 1 at most')
  if (!(Number.isInteger(replicas) && replicas >= 1)) wrong('replicas: 1, 2, 3 …')
  if (![node.cores, node.memoryGb, node.diskGb].every(isPositive)) wrong('a node has cores, memory and disk')
}

/** As many digits as matter. */
const n = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value >= 100 ? 0 : value >= 10 ? 1 : 2 })
