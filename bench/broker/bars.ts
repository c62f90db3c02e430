import { report } from '../figures.ts'
import type { BrokerName } from './broker-under-test.ts'
import type { Figure, Results } from './results.ts'

/** The bars that the broker is to clear, those of them for which both sides were measured. */
export const judge = (results: Results): void => {
  console.log('\nBundled broker against Apache Kafka')
  for (const what of results.measured('rate', 'produce acks=1')) atLeast(results, what, 'kafka', 1)
  produceAll(results)
  for (const what of results.measured('rate', '64 connections')) atLeast(results, what, 'kafka-fsync', 5)
  for (const what of results.measured('rate', 'consume')) atLeast(results, what, 'kafka', 1)
  for (const client of ['kafkajs', 'kcat']) {
    for (const what of results.measured('rate', `${client} consume`)) atLeast(results, what, 'kafka', 1)
  }
  for (const rows of ['produce acks=1', 'consume']) {
    for (const what of results.measured('cpu', rows)) atMost(results, what, 'cpu', 'kafka', 0.5)
  }
  // Only a Kafka that syncs before it answers promises the same.
  for (const what of results.measured('cpu', 'produce acks=all')) atMost(results, what, 'cpu', 'kafka-fsync', 0.5)
  for (const what of results.measured('p50', 'end to end')) {
    for (const figure of ['p50', 'p99'] as const) atMost(results, what, figure, 'kafka', 1)
  }
  for (const what of results.measured('rate', 'share')) informative(results, what, 'kafka')
  for (const what of results.measured('p50', 'share')) {
    for (const figure of ['p50', 'p99'] as const) informative(results, what, 'kafka', figure)
  }
  resources(results)
  for (const what of results.measured('rate', 'k')) {
    for (const other of ['kafka', 'kafka-fsync'] as const) informative(results, what, other)
  }
}

const ratio = (results: Results, what: string, figure: Figure, other: BrokerName): number | undefined => {
  const [own, others] = [results.get(what, 'bundled', figure), results.get(what, other, figure)]
  return own === undefined || others === undefined ? undefined : own / others
}

const NAMES: Record<BrokerName, string> = { bundled: 'ours', kafka: 'Kafka', 'kafka-fsync': 'Kafka --fsync' }

const figures = (results: Results, what: string, figure: Figure, other: BrokerName, of: number): string => {
  const digits = figure === 'rate' ? 0 : 2
  const text = (broker: BrokerName) => results.get(what, broker, figure)!.toFixed(digits)
  return `${text('bundled')} / ${text(other)} = ${of.toFixed(2)}`
}

const atLeast = (results: Results, what: string, other: BrokerName, bar: number): void => {
  const of = ratio(results, what, 'rate', other)
  if (of !== undefined) report(what, figures(results, what, 'rate', other, of), `≥ ${bar} × ${NAMES[other]}`, of >= bar)
}

const atMost = (results: Results, what: string, figure: Figure, other: BrokerName, bar: number): void => {
  const of = ratio(results, what, figure, other)
  const name = figure === 'cpu' ? `${what}, CPU s/M` : `${what}, ${figure} ms`
  if (of !== undefined) report(name, figures(results, what, figure, other, of), `≤ ${bar} × ${NAMES[other]}`, of <= bar)
}

const informative = (results: Results, what: string, other: BrokerName, figure: Figure = 'rate'): void => {
  const of = ratio(results, what, figure, other)
  const name = figure === 'rate' ? what : `${what}, ${figure} ms`
  if (of !== undefined) console.log(`${name.padEnd(44)} ${figures(results, what, figure, other, of).padStart(30)}`)
}

/** Bars that ask for so many of the rows: with fewer rows measured, for as many of those. */
const produceAll = (results: Results): void => {
  const rows = results.measured('rate', 'produce acks=all')
  for (const what of rows) atLeast(results, what, 'kafka', 0.8)
  for (const what of rows) atLeast(results, what, 'kafka-fsync', 2)
  const count = (other: BrokerName, bar: number) =>
    rows.filter((what) => (ratio(results, what, 'rate', other) ?? 0) >= bar).length
  const share = (name: string, other: BrokerName, bar: number, wanted: number): void => {
    const compared = rows.filter((what) => ratio(results, what, 'rate', other) !== undefined).length
    if (compared === 0) return
    const met = count(other, bar)
    report(
      `produce acks=all, rows ${name}`,
      `${met} of ${compared}`,
      `≥ ${wanted} of 4`,
      met >= Math.min(wanted, compared),
    )
  }
  share('≥ 1 × Kafka', 'kafka', 1, 2)
  share('≥ 2 × Kafka --fsync', 'kafka-fsync', 2, 3)
}

const resources = (results: Results): void => {
  const limit = (what: string, figure: Figure, unit: string, bar: number): void => {
    const value = results.get(what, 'bundled', figure)
    if (value !== undefined) report(what, `${value.toFixed(0)} ${unit}`, `≤ ${bar} ${unit}`, value <= bar)
  }
  limit('start to first record', 'ms', 'ms', 250)
  limit('resident at rest', 'mb', 'MB', 100)
  const peaks = ['produce', 'consume', '64', 'k'].flatMap((rows) =>
    results.measured('peakMb', rows).map((what) => results.get(what, 'bundled', 'peakMb')!),
  )
  if (peaks.length > 0) {
    const peak = Math.max(...peaks)
    report('peak resident under load, every row', `${peak.toFixed(0)} MB`, '≤ 300 MB', peak <= 300)
  }
  for (const what of results.measured('mb', '1000 idle')) limit(what, 'mb', 'MB', 100)
  for (const what of results.measured('ms', 'CPU of both')) limit(what, 'ms', 'ms', 50)
}
