import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTopics, describeConfigs, incrementalAlterConfigs, metadata } from '#libs/kafka-protocol'
import { freePort, runBroker, startBroker } from '#libs/testing'
import { ProtocolClient } from './protocol-client.ts'

/** The bundled broker as a program. */
let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'waybill-cli-'))
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

test('it explains itself', async () => {
  const { code, output } = await runBroker(['--help'])
  expect(code).toBe(0)
  for (const option of ['--data-dir', '--host', '--port', '--set', '--config', '--http-port'])
    expect(output).toContain(option)
})

test('it says everything that is wrong, and does not start', async () => {
  const settings = [
    '--set',
    'num.partitons=4',
    '--set',
    'log.retention.ms=soon',
    '--set',
    'sasl.enabled.mechanisms=GSSAPI',
  ]
  const { code, output } = await runBroker(['--data-dir', dataDir, '--port', 'http', ...settings])
  expect(code).toBe(1)
  for (const key of ['port', 'num.partitons', 'log.retention.ms', 'sasl.enabled.mechanisms'])
    expect(output).toContain(key)
})

test('it ends with 0 when it is asked to, and refuses a directory or a port that another one uses', async () => {
  const broker = await startBroker({ dataDir })
  try {
    const sameDirectory = await runBroker(['--data-dir', dataDir, '--port', `${await freePort()}`])
    expect(sameDirectory.code).toBe(1)
    expect(sameDirectory.output).toContain(dataDir)
    const samePort = await runBroker(['--data-dir', join(dataDir, 'other'), '--port', `${broker.port}`])
    expect(samePort).toMatchObject({ code: 1, output: expect.stringContaining(`127.0.0.1:${broker.port} is in use`) })
  } finally {
    expect(await broker.stop()).toBe(0)
  }
})

test('it sends clients where advertised.listeners says', async () => {
  const settings = { 'advertised.listeners': 'PLAINTEXT://kafka.example:19092', 'broker.rack': 'r1' }
  const broker = await startBroker({ settings })
  try {
    const client = await ProtocolClient.connect(broker.brokers)
    const { brokers } = await client.send(metadata, 8, { topics: [], allowAutoTopicCreation: false })
    expect(brokers).toEqual([{ nodeId: 1, host: 'kafka.example', port: 19092, rack: 'r1' }])
    client.close()
  } finally {
    await broker.close()
  }
})

test('what is set while it runs is stronger than its command line, also after the next start', async () => {
  const broker = await startBroker({ settings: { 'log.retention.ms': 1000, 'num.partitions': 3 } })
  const layers = async () => {
    const client = await ProtocolClient.connect(broker.brokers)
    const resources = [{ resourceType: 4, resourceName: '1', configurationKeys: ['log.retention.ms'] }]
    const { results } = await client.send(describeConfigs, 4, { resources, includeSynonyms: true })
    client.close()
    return results[0]!.configs[0]!.synonyms.map(({ value, source }) => [value, source])
  }
  try {
    expect(await layers()).toEqual([['1000', 4]])
    const client = await ProtocolClient.connect(broker.brokers)
    const configs = [{ name: 'log.retention.ms', configOperation: 0, value: '2000' }]
    const resources = [{ resourceType: 4, resourceName: '1', configs }]
    await client.send(incrementalAlterConfigs, 1, { resources, validateOnly: false })
    const topic = { name: 't', numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }
    const created = (await client.send(createTopics, 7, { topics: [topic] })).topics[0]!
    expect(created.numPartitions).toBe(3)
    expect(created.configs!.find(({ name }) => name === 'retention.ms')).toMatchObject({
      value: '2000',
      configSource: 2,
    })
    client.close()
    await broker.kill9()
    await broker.restart()
    expect(await layers()).toEqual([
      ['2000', 2],
      ['1000', 4],
    ])
  } finally {
    await broker.close()
  }
})
