import { randomUUID } from 'node:crypto'
import { encode, type Message, topicOf } from '#libs/contracts'
import { BatchReader, BatchWriter, Compression, plainBatch } from '#libs/kafka-protocol'
import { v1 } from '../libs/contracts/fixtures/v1.ts'

const BATCHES = [2, 4, 16, 64]
const ROUNDS = 2_000
const MAX_BYTES = 1_000_000
const STAMP = { timestamp: Date.now(), producerId: 1, producerEpoch: 0, baseSequence: 0 }

/**
 * What each codec makes of batches of the topic of orders: bytes, and microseconds of a processor to write the batch and
 * to read it, per record.
 */
export const compression = (): void => {
  for (const count of BATCHES) {
    const records = Array.from({ length: count }, (_, n) => recordOf(n))
    for (const [name, codec] of Object.entries(Compression)) {
      const writer = new BatchWriter(codec)
      const write = () => {
        writer.clear()
        return writer.write(records, 0, MAX_BYTES, STAMP).bytes
      }
      const batch = Buffer.from(write())
      const reader = new BatchReader()
      const read = () => reader.read(codec === Compression.none ? batch : plainBatch(batch, 0, MAX_BYTES), 0)
      const [written, taken] = [write, read].map((task) => (microseconds(task) / count).toFixed(1).padStart(6))
      const bytes = String(batch.length).padStart(6)
      console.log(
        `${String(count).padStart(3)} records, ${name.padEnd(6)} ${bytes} bytes, ${written} + ${taken} µs each`,
      )
    }
  }
}

/** Of one run, in the middle of many. */
const microseconds = (task: () => unknown): number => {
  for (let round = 0; round < ROUNDS; round++) task()
  const { user, system } = process.cpuUsage()
  for (let round = 0; round < ROUNDS; round++) task()
  const spent = process.cpuUsage({ user, system })
  return (spent.user + spent.system) / ROUNDS
}

const types = (Object.keys(v1) as (keyof typeof v1)[]).filter((type) => topicOf(type) === 'orders')

/** Like the messages of many orders, one after the other. */
const recordOf = (n: number) => {
  const [orderId, customerId] = [randomUUID(), `soak-${n}-${(n * 37) % 5_000}`]
  const type = types[n % types.length]!
  return encode({
    ...{ id: randomUUID(), type, source: '/waybill/order', subject: orderId, key: customerId },
    ...{ time: new Date().toISOString(), correlationId: orderId, causationId: randomUUID() },
    traceparent: `00-${randomUUID().replaceAll('-', '')}-${randomUUID().slice(-12)}0000-01`,
    data: { ...v1[type], orderId, customerId },
  } as Message)
}
