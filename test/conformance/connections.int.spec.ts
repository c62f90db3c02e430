import { lookup } from 'node:dns/promises'
import { describe, expect, test } from 'vitest'
import { apiVersions, ErrorCode, metadata, type Reader } from '#libs/kafka-protocol'
import { kafkaUnderTest } from './kafka-under-test.ts'

const kafka = kafkaUnderTest()

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
/** Key, version and correlation id, with no client id. */
const request = (apiKey: number, version: number) => {
  const header = Buffer.alloc(10)
  header.writeInt16BE(apiKey, 0)
  header.writeInt16BE(version, 2)
  header.writeInt16BE(-1, 8)
  return Buffer.concat([int32(header.length), header])
}

describe('what closes a connection, and no other', () => {
  const offences: [string, Buffer][] = [
    ['[41] a negative length', int32(-1)],
    ['[41] a length above socket.request.max.bytes', int32(104_857_601)],
    ['[41] an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: kafka\r\n\r\n')],
    ['[41] a TLS hello', Buffer.from('16030100c8010000c40303', 'hex')],
    ['an API that is not there', request(999, 0)],
    ['a version that is not spoken', request(1, 99)],
  ]
  test.each(offences)('%s', async (_what, bytes) => {
    const client = await kafka.connect()
    client.write(bytes)
    await client.closed
    expect((await kafka.client.send(metadata, 12, { topics: [] })).brokers).toHaveLength(1)
  })
})

describe('ApiVersions', () => {
  test('is answered before anything else, with the range of every API', async () => {
    const client = await kafka.connect()
    const about = { clientSoftwareName: 'waybill-tests', clientSoftwareVersion: '1.0' }
    const answer = await client.send(apiVersions, 3, about)
    expect(answer.errorCode).toBe(ErrorCode.NONE)
    const ranges = new Map(
      answer.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, [minVersion, maxVersion]]),
    )
    // librdkafka up to 2.10 gives up compression where Produce does not begin at 0.
    expect(ranges.get(0)![0]).toBe(0)
    const [oldest, newest] = ranges.get(18)!
    expect(oldest).toBe(0)
    expect(newest).toBeGreaterThanOrEqual(5)
    expect([...ranges.values()].every(([min, max]) => min! <= max!)).toBe(true)
  })

  test('of a version of the future is answered in version 0, with its own range alone', async () => {
    const client = await kafka.connect()
    const ofTheFuture: typeof apiVersions = Object.assign(Object.create(apiVersions), {
      writeRequest: () => {},
      readResponse: (reader: Reader) => apiVersions.readResponse(reader, 0),
    })
    const answer = await client.send(ofTheFuture, 99, {})
    expect(answer.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION)
    expect(answer.apiKeys).toEqual([expect.objectContaining({ apiKey: 18, minVersion: 0 })])
    expect((await client.send(apiVersions, 0, {})).errorCode).toBe(ErrorCode.NONE)
  })

  test('in version 5 is for the node and the cluster that the client means, or for nobody in particular', async () => {
    const about = { clientSoftwareName: 'waybill-tests', clientSoftwareVersion: '1.0' }
    const client = await kafka.connect()
    const { clusterId, brokers } = await client.send(metadata, 12, { topics: [] })
    const nodeId = brokers[0]!.nodeId
    const ask = async (clusterId: string | null, nodeId: number) =>
      (await client.send(apiVersions, 5, { ...about, clusterId, nodeId })).errorCode
    expect(await ask(null, -1)).toBe(ErrorCode.NONE)
    expect(await ask(clusterId, nodeId)).toBe(ErrorCode.NONE)
    expect(await ask(clusterId, nodeId + 1)).toBe(ErrorCode.REBOOTSTRAP_REQUIRED)
    expect(await ask('another', nodeId)).toBe(ErrorCode.REBOOTSTRAP_REQUIRED)
    expect(await ask(null, nodeId)).toBe(ErrorCode.INVALID_REQUEST)
    expect(await ask(clusterId, -1)).toBe(ErrorCode.INVALID_REQUEST)
  })

  test('from a client whose name is not one is an invalid request', async () => {
    const client = await kafka.connect()
    const about = { clientSoftwareName: '-nonsense-', clientSoftwareVersion: '1.0' }
    expect((await client.send(apiVersions, 3, about)).errorCode).toBe(ErrorCode.INVALID_REQUEST)
  })
})

test('[44] nobody is throttled without quotas', async () => {
  const answers = await Promise.all([
    kafka.client.send(metadata, 12, { topics: [] }),
    kafka.client.send(apiVersions, 2, {}),
  ])
  expect(answers.map(({ throttleTimeMs }) => throttleTimeMs)).toEqual([0, 0])
})

test('[45] the address that clients are told to use can be reached', async () => {
  const [broker] = (await kafka.client.send(metadata, 12, { topics: [] })).brokers
  const { address } = await lookup(broker!.host)
  expect(`${address}:${broker!.port}`).toBe(kafka.brokers.split(',')[0])
})
