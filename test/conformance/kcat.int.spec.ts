import { spawn, spawnSync } from 'node:child_process'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BrokerProcess, startBroker } from '#libs/testing'

/** librdkafka 2.0 in kcat: the client that is strictest about what a broker advertises. */
const hasKcat = installed() || install()

function installed(): boolean {
  return spawnSync('kcat', ['-V']).status === 0
}

function install(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const quietly = { stdio: 'ignore', timeout: 120_000 } as const
  spawnSync('apt-get', ['update', '-qq'], quietly)
  spawnSync('apt-get', ['install', '-y', '-qq', 'kcat'], quietly)
  return installed()
}

if (!hasKcat) process.stderr.write('skipped: kcat is not installed here and could not be installed\n')

let own: BrokerProcess | undefined
let brokers: string
let names = 0

/** One partition, so that order can be asked for, whatever the broker's default is. */
async function newTopic(): Promise<string> {
  const topic = `kcat-${process.pid}-${Date.now()}-${names++}`
  const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false })
  // Kafka answers before every part of it knows the topic, which kafkajs does not wait for.
  await expect.poll(async () => (await admin.fetchTopicOffsets(topic).catch(() => [])).length).toBe(1)
  await admin.disconnect()
  return topic
}

beforeAll(async () => {
  if (!hasKcat) return
  own = process.env.KAFKA_BROKERS === undefined ? await startBroker() : undefined
  brokers = own?.brokers ?? process.env.KAFKA_BROKERS!
})
afterAll(async () => own?.close())

function kcat(args: string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('kcat', ['-b', brokers, ...args])
    let output = ''
    let errors = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      errors += chunk
    })
    child.on('close', (code) => (code === 0 ? resolve(output) : reject(new Error(errors))))
    // A kcat that gives up says why by its exit code, not by the broken pipe.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

const lines = (count: number) => Array.from({ length: count }, (_, i) => `line-${i}`).join('\n')

describe.skipIf(!hasKcat)('kcat', () => {
  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('produces and consumes with compression %s', async (codec) => {
    const name = await newTopic()
    await kcat(['-P', '-t', name, '-z', codec, '-X', 'acks=all'], `${lines(200)}\n`)
    const format = ['-f', '%o %s\\n']
    const output = await kcat(['-C', '-t', name, '-o', 'beginning', '-e', '-q', ...format])
    expect(output.trimEnd().split('\n')).toEqual(
      lines(200)
        .split('\n')
        .map((line, i) => `${i} ${line}`),
    )
    const compressed = await kcat(['-Q', '-t', `${name}:0:-1`])
    expect(compressed).toContain('offset 200')
  })

  test('an idempotent producer is given its id and order', async () => {
    const name = await newTopic()
    await kcat(['-P', '-t', name, '-X', 'enable.idempotence=true'], `${lines(50)}\n`)
    const output = await kcat(['-C', '-t', name, '-o', 'beginning', '-e', '-q'])
    expect(output.trimEnd()).toBe(lines(50))
  })

  test('a consumer group reads everything and commits', async () => {
    const name = await newTopic()
    await kcat(['-P', '-t', name], `${lines(20)}\n`)
    const settings = ['-X', 'auto.offset.reset=earliest', '-X', 'session.timeout.ms=6000']
    const read = () => kcat(['-G', `${name}-readers`, '-q', '-e', ...settings, name])
    expect((await read()).trimEnd()).toBe(lines(20))
    expect(await read()).toBe('')
  })
})
