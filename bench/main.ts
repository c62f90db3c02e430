import { cpus, totalmem } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Client } from '../test/support/client.ts'
import { startSystem } from '../test/support/system.ts'
import { analytics } from './analytics/analytics.ts'
import { burst } from './analytics/burst.ts'
import { takeover } from './analytics/takeover.ts'
import { task } from './analytics/task.ts'
import { capacity } from './capacity.ts'
import { compression } from './compression.ts'
import { consoles } from './consoles.ts'
import { coordination } from './coordination.ts'
import { latencyAtRest } from './latency.ts'
import { memory } from './memory.ts'
import { notifications } from './notifications.ts'
import { outbox } from './outbox.ts'
import { quotes } from './quotes/quotes.ts'
import { quotesUnderRestarts } from './quotes/restarts.ts'
import { rebuild } from './rebuild.ts'
import { retention, SHORT_RETENTION } from './retention.ts'
import { soak } from './soak.ts'
import { throughput } from './throughput.ts'
import { traces } from './traces.ts'

/**
 * `npm run bench [-- --seconds 60] [--only latency,outbox,throughput]`: starts a fresh system and measures it.
 * `npm run bench -- --only retention --seconds 600` is not part of everything: its system keeps rows for a minute.
 * Nor is `npm run bench -- --only soak --orders 500000 [--seconds 7200]`: half an hour at 300 orders a second, or as
 * many orders as the seconds have time for, with `--pages` beside pages of the console; nor `--only compression`, `--only rebuild`,
 * `--only analytics [--events 3000000] [--rate 5000]`, `--only task [--events 3000000]`, `--only takeover` and
 * `--only burst`, which need no system; nor
 * `--only coordination`, the same orders in both styles, in turns. `--only quotes --restarts 10 [--quotes 200]`
 * ends every process that a quote needs so often, under so many quotes a second. `--only notifications [--waiting 50000]` is not part of everything
 * either, nor is `--only consoles`, what 200 open pages of the console cost, nor `--only traces [--pairs 8]`, without traces
 * and with a tenth in turns, nor `--only capacity --orders 20000 --rate 100`, which writes `bench/capacity.json`.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    orders: { type: 'string', default: '500000' },
    only: { type: 'string' },
    restarts: { type: 'string', default: '0' },
    quotes: { type: 'string', default: '200' },
    waiting: { type: 'string', default: '50000' },
    events: { type: 'string', default: '3000000' },
    rate: { type: 'string', default: '5000' },
    pairs: { type: 'string', default: '8' },
    pages: { type: 'boolean', default: false },
  },
})
const wanted = (name: string): boolean => values.only === undefined || values.only.split(',').includes(name)

console.log(`${cpus().length} × ${cpus()[0]?.model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`)
if (values.only === 'compression') {
  compression()
  process.exit()
}
if (values.only === 'analytics') {
  await analytics({ events: Number(values.events), rate: Number(values.rate), seconds: Number(values.seconds) })
  process.exit()
}
if (values.only === 'task') {
  await task(Number(values.events))
  process.exit()
}
if (values.only === 'burst') {
  await burst()
  process.exit()
}
if (values.only === 'takeover') {
  await takeover()
  process.exit()
}
if (values.only === 'rebuild') {
  await rebuild()
  process.exit()
}
const retains = values.only === 'retention'
if (retains) Object.assign(process.env, SHORT_RETENTION)
const system = await startSystem()
// Whoever interrupts the bench alone must not leave the system behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void system.stop().finally(() => process.exit(1)))
try {
  const client = new Client(system.url)
  await memory(system, 'at rest')
  if (wanted('latency')) await latencyAtRest(client, 300)
  if (wanted('outbox')) await outbox(system)
  if (values.only === 'coordination') await coordination(system, client)
  if (values.only === 'notifications') await notifications(system, client, Number(values.waiting))
  if (values.only === 'consoles') await consoles(system, Number(values.seconds))
  if (values.only === 'traces') await traces(system, client, Number(values.pairs))
  if (retains) await retention(system, client, Number(values.seconds))
  if (values.only === 'capacity') await capacity(system, client, Number(values.orders), Number(values.rate))
  if (values.only === 'soak')
    await soak(system, client, {
      ...{ orders: Number(values.orders), seconds: Number(values.seconds), withPages: values.pages },
    })
  const quotesPerSecond = Number(values.quotes)
  if (wanted('quotes')) await quotes(system, client, Math.min(Number(values.seconds), 60), quotesPerSecond)
  if (Number(values.restarts) > 0) await quotesUnderRestarts(system, client, Number(values.restarts), quotesPerSecond)
  if (wanted('throughput')) {
    await throughput(system, client, Number(values.seconds))
    await memory(system, 'after the load')
    await pause(60_000)
    await memory(system, 'a minute after it')
  }
} finally {
  await system.stop()
}
