import { parseArgs } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'

/** Stands in for Kafka's `kafka-topics.sh`, which a few of librdkafka's tests call, where no Kafka is installed. */
const { values } = parseArgs({
  options: {
    'bootstrap-server': { type: 'string', default: '' },
    topic: { type: 'string', default: '' },
    partitions: { type: 'string', default: '1' },
    'replication-factor': { type: 'string', default: '1' },
    config: { type: 'string', multiple: true, default: [] },
    create: { type: 'boolean' },
    alter: { type: 'boolean' },
    delete: { type: 'boolean' },
  },
})
const { topic } = values
const numPartitions = Number(values.partitions)

const brokers = values['bootstrap-server'].split(',')
const admin = new Kafka({ brokers, logLevel: logLevel.ERROR }).admin()
await admin.connect()
if (values.delete) await admin.deleteTopics({ topics: [topic] })
else if (values.alter) await admin.createPartitions({ topicPartitions: [{ topic, count: numPartitions }] })
else if (values.create) {
  const configEntries = values.config.map((entry) => {
    const [name = '', value = ''] = entry.split('=', 2)
    return { name, value }
  })
  const replicationFactor = Number(values['replication-factor'])
  await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor, configEntries }] })
}
await admin.disconnect()
