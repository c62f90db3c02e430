import { setTimeout as pause } from 'node:timers/promises'
import { kafkaOf } from '../../test/support/topic.ts'
import { addressOf, type BrokerUnderTest } from './broker-under-test.ts'

let created = 0

/** Runs `work` with a fresh topic, which is deleted afterwards so that runs do not share a full page cache. */
export const withTopic = async <T>(
  broker: BrokerUnderTest,
  partitions: number,
  work: (topic: string) => Promise<T>,
): Promise<T> => {
  const topic = `bench-${process.pid}-${created++}`
  const admin = kafkaOf([addressOf(broker)]).admin()
  await admin.connect()
  try {
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }] })
    const result = await work(topic)
    await admin.deleteTopics({ topics: [topic] })
    // Both brokers remove the files in the background.
    await pause(500)
    return result
  } finally {
    await admin.disconnect()
  }
}
