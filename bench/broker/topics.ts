import { execFile } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { kafkaOf } from '../../test/support/topic.ts'
import { addressOf, type BrokerUnderTest } from './broker-under-test.ts'

const run = promisify(execFile)
let created = 0

/**
 * Runs `work` with a fresh topic, which is deleted afterwards. What the run before it has left unwritten is written
 * first: a file system's journal would make the first fdatasync wait for it, whoever wrote it.
 */
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
    await run('sync')
    const result = await work(topic)
    await admin.deleteTopics({ topics: [topic] })
    // Both brokers remove the files in the background.
    await pause(500)
    return result
  } finally {
    await admin.disconnect()
  }
}
