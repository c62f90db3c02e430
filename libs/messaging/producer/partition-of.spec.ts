import fc from 'fast-check'
import { Partitioners } from 'kafkajs'
import { expect, test } from 'vitest'
import { murmur2, partitionOf } from './partition-of.ts'

const partitions = (count: number) =>
  Array.from({ length: count }, (_, partitionId) => ({ partitionId, leader: 0 }) as never)
const kafkajs = Partitioners.DefaultPartitioner()

test('a key goes where the default partitioner of other clients puts it', () => {
  const key = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 300 }), fc.uuid())
  fc.assert(
    fc.property(key, fc.integer({ min: 1, max: 100 }), (key, count) => {
      const expected = kafkajs({ topic: 't', partitionMetadata: partitions(count), message: { key, value: '' } })
      expect(partitionOf(key, count)).toBe(expected)
    }),
    { numRuns: 2_000 },
  )
})

test.each([
  // From the tests of Apache Kafka's own client, UtilsTest.testMurmur2.
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2 of %s is what the Java client computes', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash)
})
