import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from '../../test/support/client.ts'
import type { RunningSystem } from '../../test/support/system.ts'
import { until } from '../../test/support/until.ts'
import { percentile, report } from '../figures.ts'
import { type AskedQuote, askForQuotes, outcomesOf } from './ask-for-quotes.ts'

/** All that a quote needs, beside broker and database. */
const SERVICES = ['order', 'inventory', 'fulfillment']
/**
 * Each process lives for so long before its next restart, at least: after 15 s the supervisor takes an end for an accident, and
 * starts the process at once. One that ends again and again it has wait for up to 5 s.
 */
const LIFE_MS = 16_000
/** What comes of a request that was asked so long before may be the restart's doing. */
const BEFORE_MS = 1_000

interface Restart {
  readonly service: string
  /** As `performance.now()` says it. */
  readonly at: number
  /** Until it says that it is ready, which is what its start takes. */
  readonly startMs: number
}

/**
 * Every service that a quote needs is killed so often while they are asked for, one after the other; then the gateway,
 * killed and told to stop in turns, by itself: whoever had asked a process that is killed cannot be answered by it.
 */
export const quotesUnderRestarts = async (
  system: RunningSystem,
  client: Client,
  rounds: number,
  rate: number,
): Promise<void> => {
  const victims = Array.from({ length: rounds }, () => SERVICES).flat()
  const { asked, restarts } = await underRestarts(system, client, victims, 'SIGKILL', rate)
  const bad = asked.filter(({ kind }) => kind === 'unanswered' || kind === 'wrong')
  report(
    `quotes while ${restarts.length} services are killed`,
    `${bad.length} of ${asked.length} unanswered`,
    'none',
    bad.length === 0,
  )
  console.log(`  answers: ${outcomesOf(asked)}`)
  for (const service of SERVICES) printRestartsOf(service, asked, restarts)
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const gateway = await underRestarts(system, client, Array<string>(rounds).fill('console'), signal, rate)
    const wrong = gateway.asked.filter(({ kind }) => kind === 'wrong').length
    report(`quotes while the gateway gets ${rounds} × ${signal}`, `${wrong} wrong`, 'none', wrong === 0)
    console.log(`  answers: ${outcomesOf(gateway.asked)}`)
    printRestartsOf('console', gateway.asked, gateway.restarts)
  }
}

const underRestarts = async (
  system: RunningSystem,
  client: Client,
  victims: readonly string[],
  signal: 'SIGTERM' | 'SIGKILL',
  rate: number,
): Promise<{ asked: AskedQuote[]; restarts: Restart[] }> => {
  let asking = true
  const load = askForQuotes(client, Number.POSITIVE_INFINITY, { rate, more: () => asking })
  const restarts: Restart[] = []
  const apartMs = LIFE_MS / new Set(victims).size
  try {
    for (const service of victims) {
      const at = performance.now()
      await system.endAndAwaitRestart(service, signal)
      const address = service === 'console' ? system.url : `http://127.0.0.1:${await system.portOf(service)}`
      await until(`${service} to be ready`, async () => {
        const answer = await fetch(`${address}/health/ready`).catch(() => undefined)
        return answer?.ok || undefined
      })
      restarts.push({ service, at, startMs: performance.now() - at })
      await pause(Math.max(0, at + apartMs - performance.now()))
    }
  } finally {
    asking = false
  }
  return { asked: await load, restarts }
}

/** How long each was away and how long requests failed, and what became of those of each second after its end. */
const printRestartsOf = (service: string, asked: readonly AskedQuote[], restarts: readonly Restart[]): void => {
  const own = restarts.map((restart, n) => ({ ...restart, next: restarts[n + 1]?.at ?? Number.POSITIVE_INFINITY }))
  const mine = own.filter((restart) => restart.service === service)
  const askedIn = mine.map(({ at, next }) =>
    asked.filter((one) => one.at >= at - BEFORE_MS && one.at < next - BEFORE_MS),
  )
  const failing = mine.map(({ at }, n) => lastFailure(askedIn[n]!) - at)
  const seconds = (times: readonly number[]) =>
    [50, 100].map((p) => (Math.max(0, percentile(times, p)) / 1_000).toFixed(1)).join(' / ')
  console.log(
    `  ${service}: ready after ${seconds(mine.map(({ startMs }) => startMs))} s (median / longest), ` +
      `the last request that failed was sent ${seconds(failing)} s after its end`,
  )
  const bySecond = Map.groupBy(
    mine.flatMap(({ at }, n) => askedIn[n]!.map((one) => ({ ...one, second: Math.floor((one.at - at) / 1_000) }))),
    ({ second }) => second,
  )
  for (const [second, of] of [...bySecond].toSorted(([a], [b]) => a - b))
    if (of.some(({ kind }) => kind !== 'quoted')) console.log(`    asked in second ${second}: ${outcomesOf(of)}`)
}

const lastFailure = (asked: readonly AskedQuote[]): number =>
  asked.reduce((last, { kind, at }) => (kind === 'quoted' ? last : Math.max(last, at)), Number.NEGATIVE_INFINITY)
