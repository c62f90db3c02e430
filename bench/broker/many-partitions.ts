import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createTopics, produce } from '#libs/kafka-protocol'
import { batch } from '../../test/conformance/batch.ts'
import { ProtocolClient } from '../../test/conformance/protocol-client.ts'

/**
 * How much memory a broker needs to start with many partitions after it was killed while all of them were written to:
 *
 *     npm run build && node dist/bench/broker/many-partitions.js [PARTITIONS] [SECONDS]
 */
const PARTITIONS = Number(process.argv[2] ?? 10_000)
const SECONDS = Number(process.argv[3] ?? 10)
const PER_REQUEST = 500
const MAIN = resolve(import.meta.dirname, '../../apps/broker/src/main.js')
const NODE = ['--max-old-space-size=128', '--max-semi-space-size=8']

const dataDir = mkdtempSync(join(tmpdir(), 'waybill-many-'))

interface Running {
  readonly child: ChildProcess
  readonly brokers: string
  readonly startedMs: number
}

async function start(): Promise<Running> {
  const began = performance.now()
  const args = [...NODE, MAIN, '--port', '0', '--data-dir', dataDir]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  for await (const chunk of child.stdout!) {
    output += String(chunk)
    const ready = /^broker ready (.+)$/m.exec(output)
    if (ready === null) continue
    child.stdout!.resume()
    return { child, brokers: ready[1]!, startedMs: performance.now() - began }
  }
  throw new Error(output)
}

/** MB: the most it ever had, and what it has. */
function memory({ child }: Running): string {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  const of = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]) / 1024)
  return `${of('VmHWM')} MB at most, ${of('VmRSS')} MB now`
}

async function load(client: ProtocolClient, until: number): Promise<number> {
  const value = 'x'.repeat(1000)
  let appends = 0
  for (let from = 0; performance.now() < until; from = (from + PER_REQUEST) % PARTITIONS) {
    const count = Math.min(PER_REQUEST, PARTITIONS - from)
    const partitionData = Array.from({ length: count }, (_, i) => ({ index: from + i, records: [batch([value])] }))
    await client.send(produce, 9, { acks: -1, timeoutMs: 60_000, topicData: [{ name: 't', partitionData }] })
    appends += count
  }
  return appends
}

async function end({ child }: Running, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)

let broker = await start()
try {
  const client = await ProtocolClient.connect(broker.brokers)
  const began = performance.now()
  const topic = { name: 't', numPartitions: PARTITIONS, replicationFactor: 1, assignments: [], configs: [] }
  const { topics } = await client.send(createTopics, 5, { topics: [topic], timeoutMs: 300_000 })
  if (topics[0]!.errorCode !== 0) throw new Error(`creating: ${topics[0]!.errorMessage}`)
  say(`created in ${Math.round(performance.now() - began)} ms; ${memory(broker)}`)
  const clients = [client, ...(await Promise.all([1, 2, 3].map(() => ProtocolClient.connect(broker.brokers))))]
  const until = performance.now() + SECONDS * 1000
  const appends = await Promise.all(clients.map((one) => load(one, until)))
  say(`${appends.reduce((sum, count) => sum + count, 0)} appends in ${SECONDS} s; ${memory(broker)}`)
  void load(client, Infinity).catch(() => {})
  await pause(500)
  await end(broker, 'SIGKILL')
  broker = await start()
  say(`started after a kill in ${Math.round(broker.startedMs)} ms; ${memory(broker)}`)
  await pause(15_000)
  say(`15 s later: ${memory(broker)}`)
  await end(broker, 'SIGTERM')
  broker = await start()
  say(`started after a stop in ${Math.round(broker.startedMs)} ms; ${memory(broker)}`)
} finally {
  await end(broker, 'SIGKILL')
  rmSync(dataDir, { recursive: true, force: true })
}
