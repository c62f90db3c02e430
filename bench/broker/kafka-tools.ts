import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Kafka's own performance tools. Each call is a Java process of its own. */
export class KafkaTools {
  constructor(private readonly script: string) {}

  /** Acknowledged records per second at full speed, or latencies in ms at a fixed rate. */
  async produce(run: {
    readonly brokers: string
    readonly topic: string
    readonly records: number
    readonly size: number
    readonly acks: '1' | 'all'
    /** Records per second; full speed when left out. */
    readonly rate?: number
  }): Promise<{ rate: number; p50: number; p99: number }> {
    const output = await this.run('ProducerPerformance', [
      ...['--bootstrap-server', run.brokers, '--topic', run.topic],
      ...['--num-records', String(run.records), '--record-size', String(run.size)],
      ...['--throughput', String(run.rate ?? -1), '--command-property', `acks=${run.acks}`],
    ])
    const summary = /(\d+) records sent, ([\d.]+) records\/sec.* (\d+) ms 50th,.* (\d+) ms 99th,/.exec(lastLine(output))
    if (summary === null) throw new Error(`ProducerPerformance said: ${output}`)
    if (Number(summary[1]) !== run.records) throw new Error(`ProducerPerformance sent ${summary[1]} of ${run.records}`)
    return { rate: Number(summary[2]), p50: Number(summary[3]), p99: Number(summary[4]) }
  }

  /** Records per second from the start of the topic, joining the group included. */
  async consume(brokers: string, topic: string, records: number): Promise<{ rate: number; records: number }> {
    const output = await this.run('ConsumerPerformance', [
      ...['--bootstrap-server', brokers, '--topic', topic, '--num-records', String(records)],
      ...['--hide-header', '--timeout', '60000'],
    ])
    // start, end, MB, MB/s, records, records/s, rebalance ms, fetch ms, fetch MB/s, fetch records/s
    const fields = lastLine(output).split(', ')
    if (fields.length < 10) throw new Error(`ConsumerPerformance said: ${output}`)
    return { records: Number(fields[4]), rate: Number(fields[5]) }
  }

  /** One record under way at a time, ms from send to receipt. */
  async endToEnd(brokers: string, topic: string, records: number): Promise<{ p50: number; p99: number }> {
    const output = await this.run('EndToEndLatency', [brokers, topic, String(records), 'all', '100'])
    const percentiles = /50th = ([\d.]+), 99th = ([\d.]+)/.exec(output)
    if (percentiles === null) throw new Error(`EndToEndLatency said: ${output}`)
    return { p50: Number(percentiles[1]), p99: Number(percentiles[2]) }
  }

  private async run(tool: string, args: readonly string[]): Promise<string> {
    const { stdout } = await run(this.script, ['tool', tool, ...args], { maxBuffer: 64 * 1024 * 1024 })
    return stdout
  }
}

const lastLine = (output: string): string => output.trimEnd().split('\n').at(-1) ?? ''
