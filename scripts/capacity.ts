import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { capacityFor } from './capacity/capacity.ts'
import { constants } from './capacity/constants.ts'
import { ROOT } from './root.ts'

const USAGE = `npm run capacity -- --orders-per-second 500 --retention-days 30: what that takes, with the arithmetic

  --orders-per-second N  the mean          --peak 2          times the mean in the busiest hour
  --retention-days N     orders are kept   --utilisation 0.6 of what there is, at the peak
  --replicas 1           3 on a Kafka cluster
  --node-cores 8  --node-memory-gb 32  --node-disk-gb 2000   what one machine has
  --price-core P  --price-memory-gb P  --price-disk-gb P     per month: adds the cost
  --constants FILE       default bench/capacity.json, which npm run bench -- --only capacity measures
  --json                 the result as JSON`

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const NUMBERS = {
  ...{ 'orders-per-second': text, 'retention-days': text, peak: text, utilisation: text, replicas: text },
  ...{ 'node-cores': text, 'node-memory-gb': text, 'node-disk-gb': text },
  ...{ 'price-core': text, 'price-memory-gb': text, 'price-disk-gb': text },
} as const

const main = (): string => {
  const { values } = parseArgs({ options: { ...NUMBERS, constants: text, json: flag, help: flag } })
  if (values.help) return USAGE
  const number = (name: keyof typeof NUMBERS, otherwise?: number): number => {
    const given = values[name]
    if (given === undefined && otherwise === undefined) throw new Error(`--${name} is missing`)
    const value = given === undefined ? otherwise! : given.trim() === '' ? Number.NaN : Number(given)
    if (!Number.isFinite(value)) throw new Error(`--${name}: ${given} is not a number`)
    return value
  }
  const file = values.constants ?? join(ROOT, 'bench/capacity.json')
  const measured = constants.parse(JSON.parse(readFileSync(file, 'utf8')))
  const hasPrices = ['price-core', 'price-memory-gb', 'price-disk-gb'].some((name) => name in values)
  const found = capacityFor(
    {
      ...{ ordersPerSecond: number('orders-per-second'), retentionDays: number('retention-days') },
      ...{ peak: number('peak', 2), utilisation: number('utilisation', 0.6), replicas: number('replicas', 1) },
      node: {
        ...{ cores: number('node-cores', 8), memoryGb: number('node-memory-gb', 32) },
        diskGb: number('node-disk-gb', 2_000),
      },
      ...(hasPrices && {
        prices: {
          ...{ core: number('price-core', 0), memoryGb: number('price-memory-gb', 0) },
          diskGb: number('price-disk-gb', 0),
        },
      }),
    },
    measured,
  )
  if (values.json) return JSON.stringify(found, null, 2)
  const { cores, memoryGb, diskGb, networkMbit, partitions, nodes, processes, bundledBrokerCarries } = found
  const several = Object.entries(processes).filter(([, count]) => count > 1)
  return `Measured ${measured.measuredAt.slice(0, 10)} with ${measured.command}, the mean of ${measured.orders} orders
on ${measured.machine}

${found.lines.join('\n')}

That is ${cores.toFixed(1)} cores, ${memoryGb.toFixed(1)} GB of memory, ${diskGb.toFixed(0)} GB of disk, ${networkMbit.toFixed(0)} Mbit/s, ${partitions} partitions a topic, ${nodes} node${nodes > 1 ? 's' : ''}
${several.length === 0 ? 'one process of each service' : `processes: ${several.map(([name, count]) => `${name} ${count}`).join(', ')}, one of each other`}
${bundledBrokerCarries ? 'one bundled broker carries it' : 'one bundled broker, which is one process, does not carry it: use a Kafka cluster, --replicas 3'}`
}

try {
  console.log(main())
} catch (error) {
  const what = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message
  console.error(`capacity: ${what}\n\n${USAGE}`)
  process.exit(1)
}
