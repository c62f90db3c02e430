import type { Client } from '../../test/support/client.ts'
import type { RunningSystem } from '../../test/support/system.ts'
import { ms, percentile, report } from '../figures.ts'
import { printPerQuote, processorTimes } from '../processor.ts'
import { askForQuotes, outcomesOf } from './ask-for-quotes.ts'

const WARM_UP_S = 10

/** At the gateway, from sending a request for a quote to its answer. */
export const quotes = async (system: RunningSystem, client: Client, seconds: number, rate: number): Promise<void> => {
  await askForQuotes(client, WARM_UP_S, { rate })
  const before = await processorTimes(system)
  const asked = await askForQuotes(client, seconds, { rate })
  const times = asked.filter(({ kind }) => kind === 'quoted').map(({ tookMs }) => tookMs)
  const [p50, p99] = [percentile(times, 50), percentile(times, 99)]
  report(
    `quotes at ${rate}/s, p50 / p99 of ${times.length}`,
    `${ms(p50)} / ${ms(p99)} ms`,
    '≤ 50 / 200 ms',
    p50 <= 50 && p99 <= 200,
  )
  console.log(`  answers: ${outcomesOf(asked)}`)
  printPerQuote(before, await processorTimes(system), times.length)
}
