import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasJavaClient, javaArguments } from '../support/java.ts'
import { kafkaUnderTest } from './kafka-under-test.ts'

const kafka = kafkaUnderTest()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-tools-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Ending {
  readonly code: number
  readonly output: string
  readonly errors: string
}

/** Runs a class below org.apache.kafka; resolves when it has ended well, to what it wrote. */
async function tool(name: string, ...args: readonly string[]): Promise<string> {
  const { code, output, errors } = await endOf(name, ['--bootstrap-server', kafka.brokers, ...args])
  if (code !== 0) throw new Error(`${name} ended with code ${code}\n${output}${errors}`)
  return output
}

/** The same, however it ends. */
function endOf(name: string, args: readonly string[]): Promise<Ending> {
  return new Promise((done, reject) => {
    const child = spawn('java', javaArguments(name, args), {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    let errors = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      errors += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => done({ code: code ?? -1, output, errors }))
  })
}

const running = new Set<ChildProcess>()
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

/** A class below org.apache.kafka that runs until it is stopped. */
function start(name: string, args: readonly string[]) {
  const child = spawn('java', javaArguments(name, args), {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  running.add(child)
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const ended = new Promise((done) => child.once('close', done)).then(() => running.delete(child))
  return { output: () => output, stop: () => child.kill('SIGTERM'), ended }
}

/** The words of the first line of a table that has this one. */
const rowOf = (table: string, word: string): string[] =>
  table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find((words) => words.includes(word)) ?? []

/** What VerifiableProducer and VerifiableConsumer say: a line of JSON for each thing that happens. */
function events(output: string, name: string): Record<string, unknown>[] {
  const lines = output.split('\n').filter((line) => line.startsWith('{'))
  return lines.map((line) => JSON.parse(line)).filter((event) => event.name === name)
}

const startVerifiableConsumer = (topic: string, group: string) => {
  const args = ['--topic', topic, '--group-id', group, '--max-messages', '200', '--reset-policy', 'earliest']
  return tool('tools.VerifiableConsumer', ...args)
}

describe.skipIf(!hasJavaClient)('the Java client', { timeout: 180_000 }, () => {
  test('VerifiableProducer and VerifiableConsumer: everything acknowledged is consumed, once', async () => {
    const topic = await kafka.topic({ partitions: 3 })
    const produced = await tool(
      'tools.VerifiableProducer',
      '--topic',
      topic.name,
      '--max-messages',
      '200',
      '--acks',
      '-1',
    )
    expect(events(produced, 'producer_send_success')).toHaveLength(200)
    expect(events(produced, 'producer_send_error')).toEqual([])
    const consumed = await startVerifiableConsumer(topic.name, kafka.name('group'))
    const counts = events(consumed, 'records_consumed').map(({ count }) => Number(count))
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(200)
    expect(events(consumed, 'offsets_committed').every(({ success }) => success)).toBe(true)
  })

  test('ProducerPerformance and ConsumerPerformance: idempotent, compressed, all of it', async () => {
    const topic = await kafka.topic({ partitions: 3 })
    const settings = ['acks=all', 'enable.idempotence=true', 'compression.type=lz4'].flatMap((setting) => [
      '--command-property',
      setting,
    ])
    const size = ['--num-records', '5000', '--record-size', '200', '--throughput', '-1']
    const produced = await tool('tools.ProducerPerformance', '--topic', topic.name, ...size, ...settings)
    expect(produced).toContain('5000 records sent')
    const consumed = await tool(
      'tools.ConsumerPerformance',
      '--topic',
      topic.name,
      '--num-records',
      '5000',
      '--timeout',
      '60000',
    )
    expect(consumed.trim().split('\n').at(-1)!.split(',')[4]!.trim()).toBe('5000')
  })

  test('ProducerPerformance in transactions, looked at by TransactionsCommand', async () => {
    // One partition: the client may write all of its few batches to the same one of several.
    const topic = await kafka.topic({ partitions: 1 })
    const size = ['--num-records', '500', '--record-size', '100', '--throughput', '1000']
    const id = kafka.name('transaction')
    const transactions = ['--transactional-id', id, '--transaction-duration-ms', '100']
    expect(await tool('tools.ProducerPerformance', '--topic', topic.name, ...size, ...transactions)).toContain(
      '500 records sent',
    )
    const offsets = await tool('tools.GetOffsetShell', '--topic', topic.name, '--time', '-1')
    const ends = offsets
      .trim()
      .split('\n')
      .map((line) => Number(line.split(':')[2]))
    // Every transaction ends with a marker that takes an offset.
    expect(ends.reduce((sum, end) => sum + end, 0)).toBeGreaterThan(500)
    expect(await tool('tools.TransactionsCommand', 'list')).toMatch(new RegExp(`${id}.*CompleteCommit`))
    const described = await tool('tools.TransactionsCommand', 'describe', '--transactional-id', id)
    expect(described).toMatch(new RegExp(`${id}.*CompleteCommit`))
    const hanging = await tool(
      'tools.TransactionsCommand',
      'describe-producers',
      '--topic',
      topic.name,
      '--partition',
      '0',
    )
    expect(hanging.trim().split('\n')).toHaveLength(2)
  })

  test('TopicCommand and ConfigCommand: a topic’s life', async () => {
    const topic = kafka.name('topic')
    await tool(
      'tools.TopicCommand',
      '--create',
      '--topic',
      topic,
      '--partitions',
      '2',
      '--config',
      'retention.ms=60000',
    )
    await kafka.isLed(topic, 2)
    await tool('tools.TopicCommand', '--alter', '--topic', topic, '--partitions', '4')
    await kafka.isLed(topic, 4)
    const described = await tool('tools.TopicCommand', '--describe', '--topic', topic)
    expect(described).toMatch(/PartitionCount: 4\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=60000/)
    await tool(
      'tools.ConfigCommand',
      '--alter',
      '--entity-type',
      'topics',
      '--entity-name',
      topic,
      '--add-config',
      'cleanup.policy=compact',
    )
    const configs = await tool('tools.ConfigCommand', '--describe', '--entity-type', 'topics', '--entity-name', topic)
    expect(configs).toContain('cleanup.policy=compact')
    await tool('tools.TopicCommand', '--delete', '--topic', topic)
    expect((await tool('tools.TopicCommand', '--list')).split('\n')).not.toContain(topic)
  })

  test('the share consumer and ShareGroupCommand: records acknowledged, a group described, reset and deleted', async () => {
    const topic = await kafka.topic()
    const group = kafka.name('share')
    await tool('tools.VerifiableProducer', '--topic', topic.name, '--max-messages', '200', '--acks', '-1')
    const reset = [
      '--entity-type',
      'groups',
      '--entity-name',
      group,
      '--add-config',
      'share.auto.offset.reset=earliest',
    ]
    await tool('tools.ConfigCommand', '--alter', ...reset)
    const limits = ['--max-messages', '200', '--timeout-ms', '60000']
    const consumed = await tool(
      'tools.consumer.ConsoleShareConsumer',
      '--topic',
      topic.name,
      '--group',
      group,
      ...limits,
    )
    const values = consumed.trim().split('\n').map(Number)
    expect(values.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i))
    const shareGroups = (...args: string[]) => tool('tools.consumer.group.ShareGroupCommand', '--group', group, ...args)
    const placeOf = (text: string) =>
      text
        .split('\n')
        .find((line) => line.includes(topic.name))!
        .trim()
        .split(/\s+/)
    // Kafka may move the start later than it counts what is done: the lag is what both say.
    const described = placeOf(await shareGroups('--describe'))
    expect([...described.slice(0, 3), described.at(-1)]).toEqual([group, topic.name, '0', '0'])
    await shareGroups('--reset-offsets', '--topic', topic.name, '--to-earliest', '--execute')
    expect(placeOf(await shareGroups('--describe'))).toEqual([group, topic.name, '0', '0', '200'])
    await shareGroups('--delete')
    expect(await tool('tools.consumer.group.ShareGroupCommand', '--list')).not.toContain(group)
  })

  test('ConsumerGroupCommand: a group described, reset and deleted', async () => {
    const topic = await kafka.topic()
    const group = kafka.name('group')
    await tool('tools.VerifiableProducer', '--topic', topic.name, '--max-messages', '200', '--acks', '-1')
    await startVerifiableConsumer(topic.name, group)
    const described = await tool('tools.consumer.group.ConsumerGroupCommand', '--describe', '--group', group)
    expect(
      described
        .split('\n')
        .find((line) => line.includes(topic.name))!
        .split(/\s+/)
        .slice(2, 6),
    ).toEqual(['0', '200', '200', '0'])
    const target = ['--group', group, '--topic', topic.name]
    await tool(
      'tools.consumer.group.ConsumerGroupCommand',
      '--reset-offsets',
      ...target,
      '--to-offset',
      '50',
      '--execute',
    )
    const reset = await tool('tools.consumer.group.ConsumerGroupCommand', '--describe', '--group', group)
    expect(
      reset
        .split('\n')
        .find((line) => line.includes(topic.name))!
        .split(/\s+/)
        .slice(2, 6),
    ).toEqual(['0', '50', '200', '150'])
    await tool('tools.consumer.group.ConsumerGroupCommand', '--delete', '--group', group)
    expect((await tool('tools.consumer.group.ConsumerGroupCommand', '--list')).split('\n')).not.toContain(group)
  })

  test('a consumer of the consumer protocol: all is consumed, and ConsumerGroupCommand tells of epochs and targets', async () => {
    const topic = await kafka.topic()
    const group = kafka.name('consumer')
    await tool('tools.VerifiableProducer', '--topic', topic.name, '--max-messages', '200', '--acks', '-1')
    const protocol = ['--group-protocol', 'consumer', '--group-remote-assignor', 'range']
    const options = ['--topic', topic.name, '--group-id', group, '--reset-policy', 'earliest', ...protocol]
    const consumer = start('tools.VerifiableConsumer', ['--bootstrap-server', kafka.brokers, ...options])
    const consumed = () => {
      const counts = events(consumer.output(), 'records_consumed').map(({ count }) => Number(count))
      return counts.reduce((sum, count) => sum + count, 0)
    }
    const committed = () => events(consumer.output(), 'offsets_committed').filter(({ success }) => success).length
    await expect.poll(() => consumed() === 200 && committed() > 0, { timeout: 60_000, interval: 100 }).toBe(true)
    const groups = (...args: string[]) =>
      tool('tools.consumer.group.ConsumerGroupCommand', '--describe', '--group', group, '--verbose', ...args)
    const [members, state] = [await groups('--members'), await groups('--state')]
    const assignment = `${topic.name}:0`
    expect(rowOf(members, group).slice(4)).toEqual(['1', '2', assignment, '2', assignment])
    expect(rowOf(state, group).slice(-5)).toEqual(['range', 'Stable', '2', '2', '1'])
    consumer.stop()
    await consumer.ended
    const listing = ['--list', '--type', 'consumer', '--state', 'empty']
    const listed = await tool('tools.consumer.group.ConsumerGroupCommand', ...listing)
    expect(rowOf(listed, group)).toEqual([group, 'Consumer', 'Empty'])
    expect(rowOf(await groups(), topic.name).slice(1, 7)).toEqual([topic.name, '0', '-', '200', '200', '0'])
  })

  test('GetOffsetShell and DeleteRecordsCommand: where a log begins and ends', async () => {
    const topic = await kafka.topic()
    await tool('tools.VerifiableProducer', '--topic', topic.name, '--max-messages', '100', '--acks', '-1')
    const file = join(folder, 'delete-records.json')
    const partitions = [{ topic: topic.name, partition: 0, offset: 30 }]
    await writeFile(file, JSON.stringify({ version: 1, partitions }))
    expect(await tool('tools.DeleteRecordsCommand', '--offset-json-file', file)).toContain('low_watermark: 30')
    const offsetAt = async (time: string) =>
      (await tool('tools.GetOffsetShell', '--topic', topic.name, '--time', time)).trim()
    expect(await offsetAt('earliest')).toBe(`${topic.name}:0:30`)
    expect(await offsetAt('latest')).toBe(`${topic.name}:0:100`)
  })

  test('MetadataQuorumCommand, FeatureCommand, LogDirsCommand, BrokerApiVersionsCommand: what the cluster is', async () => {
    const topic = await kafka.topic()
    const status = await tool('tools.MetadataQuorumCommand', 'describe', '--status')
    expect(status).toMatch(/LeaderId:\s+\d+/)
    expect(await tool('tools.FeatureCommand', 'describe')).toMatch(/transaction\.version.*FinalizedVersionLevel: 2/)
    const directories = await tool('tools.LogDirsCommand', '--describe', '--topic-list', topic.name)
    expect(directories).toContain(`${topic.name}-0`)
    expect(await tool('tools.BrokerApiVersionsCommand')).toMatch(/DescribeQuorum\(55\): 0 to 2/)
  })

  test('AclCommand: without an authorizer it is told so; ConfigCommand: no quotas, no users', async () => {
    const rules = await endOf('tools.AclCommand', ['--bootstrap-server', kafka.brokers, '--list'])
    expect(rules.output + rules.errors).toContain('No Authorizer is configured')
    for (const entityType of ['users', 'clients', 'ips']) {
      const described = await tool('tools.ConfigCommand', '--describe', '--entity-type', entityType)
      expect(described.trim()).toBe('')
    }
  })

  test('ConfigCommand: quotas are set, described and removed', async () => {
    const name = kafka.name('user')
    const of = ['--entity-type', 'users', '--entity-name', name]
    await tool('tools.ConfigCommand', '--alter', '--add-config', 'producer_byte_rate=1024,request_percentage=25', ...of)
    const described = await tool('tools.ConfigCommand', '--describe', ...of)
    expect(described).toContain('producer_byte_rate=1024')
    expect(described).toContain('request_percentage=25')
    await tool('tools.ConfigCommand', '--alter', '--delete-config', 'producer_byte_rate,request_percentage', ...of)
    expect((await tool('tools.ConfigCommand', '--describe', ...of)).trim()).toBe('')
  })

  test('ConsoleConsumer: internal topics by the formatters for them', async () => {
    const topic = await kafka.topic()
    const group = kafka.name('group')
    await tool('tools.VerifiableProducer', '--topic', topic.name, '--max-messages', '200', '--acks', '-1')
    await startVerifiableConsumer(topic.name, group)
    const consume = async (from: string, formatter: string) => {
      const how = ['--formatter', `org.apache.kafka.tools.consumer.${formatter}`, '--from-beginning']
      const { output } = await endOf('tools.consumer.ConsoleConsumer', [
        ...['--bootstrap-server', kafka.brokers, '--topic', from, ...how, '--timeout-ms', '5000'],
      ])
      // The formatters put nothing between two records, nor between the last and what the tool says when time is up.
      const records = output.match(/\{"key":.*?(?:\}\}\}|"value":null\})/g) ?? []
      return records.map((record) => JSON.parse(record) as { key: { data: object }; value: { data: object } | null })
    }
    const offsets = await consume('__consumer_offsets', 'OffsetsMessageFormatter')
    const last = offsets.findLast(({ key }) => (key.data as { group: string }).group === group)
    expect(last).toMatchObject({ key: { data: { topic: topic.name, partition: 0 } }, value: { data: { offset: 200 } } })
    const generations = await consume('__consumer_offsets', 'GroupMetadataMessageFormatter')
    const generation = generations.findLast(({ key }) => (key.data as { group: string }).group === group)
    expect(generation).toMatchObject({ value: { data: { protocolType: 'consumer' } } })
  })
})
