import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from '../../scripts/root.ts'

export const ROWS = ['produce', 'consume', 'connections', 'latency', 'share', 'clients', 'start', 'idle'] as const
export type Row = (typeof ROWS)[number]

export interface Options {
  readonly rows: ReadonlySet<Row>
  /** Each figure is the median of so many runs. */
  readonly rounds: number
  /** Records of 100 bytes per run; of 1 KiB a quarter of it. */
  readonly records: number
  /** Seconds of the rows that run for a time. */
  readonly seconds: number
  /** The script that starts Apache Kafka and its tools; undefined when there is none here. */
  readonly kafkaTools: string | undefined
  readonly sizes: readonly number[]
  readonly partitions: readonly number[]
}

export const USAGE = `usage: npm run bench:broker [-- OPTIONS]
  --rows ${ROWS.join(',')}   which to measure; default all
  --rounds N          median of N runs of each full-speed row; default 1
  --records N         records per run of 100 bytes (1 KiB: a quarter); default 2000000
  --seconds N         length of the rows that last a time; default 8
  --sizes 100,1024    record sizes; --partitions 1,12 likewise
  --quick             a tenth of everything: shows that it works, measures nothing
  --kafka-tools PATH  the script that runs Apache Kafka and its tools; default: $KAFKA_TOOLS, then ../shared/tools/apache-kafka`

/** What was asked for, or an Error that says what is wrong with it. */
export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string', default: ROWS.join(',') },
      rounds: { type: 'string', default: '1' },
      records: { type: 'string', default: '2000000' },
      seconds: { type: 'string', default: '8' },
      sizes: { type: 'string', default: '100,1024' },
      partitions: { type: 'string', default: '1,12' },
      quick: { type: 'boolean', default: false },
      'kafka-tools': { type: 'string' },
    },
  })
  const scale = values.quick ? 10 : 1
  return {
    rows: new Set(values.rows.split(',').map(rowOf)),
    rounds: positive('rounds', values.rounds),
    records: positive('records', values.records) / scale,
    seconds: Math.max(1, positive('seconds', values.seconds) / scale),
    sizes: values.sizes.split(',').map((size) => positive('sizes', size)),
    partitions: values.partitions.split(',').map((count) => positive('partitions', count)),
    kafkaTools: findKafkaTools(values['kafka-tools']),
  }
}

const rowOf = (name: string): Row => {
  const row = ROWS.find((known) => known === name)
  if (row === undefined) throw new Error(`there is no row "${name}": ${ROWS.join(', ')}`)
  return row
}

const positive = (name: string, text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`bad value for --${name}: "${text}"`)
  return value
}

/** One that was named must be there; the default one may be missing. */
const findKafkaTools = (named = process.env.KAFKA_TOOLS): string | undefined => {
  if (named !== undefined && !existsSync(named)) throw new Error(`there is no ${named}`)
  const usual = join(ROOT, '..', 'shared', 'tools', 'apache-kafka')
  return named ?? (existsSync(usual) ? usual : undefined)
}
