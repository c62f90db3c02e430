import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { clientModule } from './installation.ts'

/**
 * A member of a group of the consumer protocol (KIP-848) with librdkafka, as a process of its own:
 * `group-consumer.js BROKERS TOPIC GROUP`. It says each record as Java's console consumer does, then commits it, and
 * leaves the group at SIGTERM.
 */
interface Message {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly value: Buffer
}

/** As much of the binding, in its form that is closest to librdkafka, as is used here. */
interface Consumer {
  connect(options: object, done: (error: Error | null) => void): void
  disconnect(done: (error: Error | null) => void): void
  subscribe(topics: readonly string[]): void
  setDefaultConsumeTimeout(ms: number): void
  consume(count: number, done: (error: Error | null, messages: readonly Message[]) => void): void
  commitMessageSync(message: Message): void
}

/** So long SIGTERM may be waited for. */
const POLL_MS = 100

const [brokers, topic, group] = process.argv.slice(2)
const { KafkaConsumer } = createRequire(import.meta.url)(clientModule)
const consumer: Consumer = new KafkaConsumer(
  {
    ...{ 'metadata.broker.list': brokers, 'client.id': 'librdkafka' },
    ...{ 'group.id': group, 'group.protocol': 'consumer', 'enable.auto.commit': false },
  },
  { 'auto.offset.reset': 'earliest' },
)
const consume = promisify(consumer.consume.bind(consumer))

let isOver = false
process.once('SIGTERM', () => {
  isOver = true
})

await promisify(consumer.connect.bind(consumer))({})
consumer.setDefaultConsumeTimeout(POLL_MS)
consumer.subscribe([topic!])
while (!isOver) {
  // One at a time: partitions are taken away while it is asked for the next one, when this one is committed.
  const [message] = await consume(1)
  if (message === undefined) continue
  process.stdout.write(`Partition:${message.partition}\tOffset:${message.offset}\t${message.value}\n`)
  consumer.commitMessageSync(message)
}
await promisify(consumer.disconnect.bind(consumer))()
