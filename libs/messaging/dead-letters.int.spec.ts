import { type Admin, ConfigResourceTypes, Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { configureLogging } from '#libs/observability'
import { kafkaUnderTest } from '../../test/conformance/kafka-under-test.ts'
import { readTopic } from '../../test/support/topic.ts'
import { ensureTopics } from './ensure-topics.ts'
import { kafkaPublisher } from './kafka-publisher.ts'

configureLogging({ level: 'silent' })

const kafka = kafkaUnderTest()
let admin: Admin
beforeAll(async () => {
  admin = new Kafka({ brokers: kafka.brokers.split(','), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
})
afterAll(() => admin.disconnect())

test('dead letters are kept by id: the topic is compacted, and a tombstone reaches whoever reads it', async () => {
  await ensureTopics(admin, 1)
  const names = ['cleanup.policy', 'retention.ms']
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: 'dead-letters', configNames: names }],
  })
  const settings = new Map(resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]))
  expect([...settings.get('cleanup.policy')!.split(',')].sort()).toEqual(['compact', 'delete'])

  const publisher = kafkaPublisher({ brokers: kafka.brokers.split(','), clientId: 'test' })
  const send = (value: string | null) =>
    publisher.publish([{ topic: 'dead-letters', partition: 0, record: { key: 'one', value, headers: {} } }])
  await send('{"reason":"handler_failed"}')
  await send(null)
  await publisher.close()
  const records = await readTopic(kafka.brokers.split(','), 'dead-letters')
  expect(records.slice(-2)).toMatchObject([{ key: 'one', value: '{"reason":"handler_failed"}' }, { key: 'one' }])
  expect(records.at(-1)!.value).toBeUndefined()
})
