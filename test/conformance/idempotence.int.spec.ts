import { describe, expect, test } from 'vitest'
import { ErrorCode, initProducerId } from '#libs/kafka-protocol'
import { batch, offsetRanges, type Producer } from './batch.ts'
import { kafkaUnderTest } from './kafka-under-test.ts'

const kafka = kafkaUnderTest()

const MAX_SEQUENCE = 2 ** 31 - 1
const at = (producer: Producer, sequence: number, records = 1) =>
  batch(
    Array.from({ length: records }, (_, i) => `${sequence + i}`),
    { ...producer, sequence },
  )

describe('a batch that is sent again', () => {
  test('[9] is answered with its first offset and stored once, for the last five batches', async () => {
    const topic = await kafka.topic()
    const producer = await kafka.producer()
    for (let i = 0; i < 5; i++) {
      expect(await kafka.append(topic, at(producer, 2 * i, 2))).toMatchObject({ errorCode: 0, baseOffset: 2 * i })
    }
    for (let i = 0; i < 5; i++) {
      expect(await kafka.append(topic, at(producer, 2 * i, 2))).toMatchObject({ errorCode: 0, baseOffset: 2 * i })
    }
    expect((await kafka.fetch(topic, 0)).highWatermark).toBe(10)
  })

  test('[9] is not known any more when five others have followed', async () => {
    const topic = await kafka.topic()
    const producer = await kafka.producer()
    for (let sequence = 0; sequence < 6; sequence++) await kafka.append(topic, at(producer, sequence))
    const forgotten = await kafka.append(topic, at(producer, 0))
    expect(forgotten.errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect((await kafka.fetch(topic, 0)).highWatermark).toBe(6)
  })

  test('[9] is told from another by both of its ends', async () => {
    const topic = await kafka.topic()
    const producer = await kafka.producer()
    await kafka.append(topic, at(producer, 0, 3))
    expect((await kafka.append(topic, at(producer, 0, 2))).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect((await kafka.append(topic, at(producer, 3, 1))).baseOffset).toBe(3)
  })
})

describe('sequences and epochs', () => {
  test('[10] a gap is refused and what is in order goes on', async () => {
    const topic = await kafka.topic()
    const producer = await kafka.producer()
    await kafka.append(topic, at(producer, 0))
    expect((await kafka.append(topic, at(producer, 5))).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect((await kafka.append(topic, at(producer, 1))).baseOffset).toBe(1)
  })

  test('[10] a producer that nobody knows may start anywhere', async () => {
    const topic = await kafka.topic()
    const producer = await kafka.producer()
    expect(await kafka.append(topic, at(producer, 17))).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: 0 })
    expect(await kafka.append(topic, at(producer, 18))).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: 1 })
  })

  test('[10] an older epoch is fenced', async () => {
    const topic = await kafka.topic()
    const producer = await kafka.producer()
    await kafka.append(topic, at({ ...producer, epoch: producer.epoch + 1 }, 0))
    expect((await kafka.append(topic, at(producer, 0))).errorCode).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
  })

  test('[10] a new epoch starts at 0', async () => {
    const topic = await kafka.topic()
    const producer = await kafka.producer()
    await kafka.append(topic, at(producer, 0))
    const next = { ...producer, epoch: producer.epoch + 1 }
    expect((await kafka.append(topic, at(next, 1))).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(await kafka.append(topic, at(next, 0))).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: 1 })
  })

  test('[10] sequences wrap at 2^31 - 1, also inside a batch', async () => {
    const topic = await kafka.topic()
    const producer = await kafka.producer()
    await kafka.append(topic, at(producer, MAX_SEQUENCE - 1))
    expect((await kafka.append(topic, at(producer, MAX_SEQUENCE, 3))).baseOffset).toBe(1)
    expect((await kafka.append(topic, at(producer, 2))).baseOffset).toBe(4)
    expect((await kafka.append(topic, at(producer, MAX_SEQUENCE, 3))).baseOffset).toBe(1)
  })

  test('[10] every partition counts for itself', async () => {
    const topic = await kafka.topic({ partitions: 2 })
    const producer = await kafka.producer()
    for (const partition of [0, 1]) {
      for (const sequence of [0, 1]) {
        const answer = await kafka.append(topic, at(producer, sequence), { partition })
        expect(answer).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: sequence })
      }
    }
  })

  test('pipelined batches of one producer are appended in the order they were sent', async () => {
    const topic = await kafka.topic()
    const producer = await kafka.producer()
    const sent = Array.from({ length: 20 }, (_, sequence) => kafka.append(topic, at(producer, sequence)))
    const offsets = (await Promise.all(sent)).map(({ baseOffset }) => baseOffset)
    expect(offsets).toEqual(Array.from({ length: 20 }, (_, i) => i))
    expect(offsetRanges(await kafka.read(topic, 0))).toHaveLength(20)
  })
})

describe('producer ids', () => {
  test('are never given twice', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => kafka.producer()))
    expect(new Set(ids.map(({ producerId }) => producerId)).size).toBe(20)
    expect(ids.every(({ epoch }) => epoch === 0)).toBe(true)
  })

  test('a request without an id may not name one of its own', async () => {
    const { producerId, epoch } = await kafka.producer()
    const request = { transactionalId: null, transactionTimeoutMs: 0, producerId, producerEpoch: epoch }
    const answer = await kafka.client.send(initProducerId, 4, request)
    expect(answer.errorCode).toBe(ErrorCode.NONE)
  })
})
