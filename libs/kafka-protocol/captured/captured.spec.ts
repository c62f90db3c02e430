import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as protocol from '../index.ts'
import { type Api, encodeRequest, Reader, readRequestHeader, skipHeaderTags } from '../index.ts'

const apis = new Map(
  (Object.values(protocol) as unknown[])
    .filter((value): value is Api => value instanceof protocol.Api)
    .map((api) => [api.key, api]),
)

/** Request frames as librdkafka 2.0.2, kafkajs 2.2.4, the Java client 4.3 and Java's share consumer 4.4 sent them, without their length. */
describe.each(['librdkafka', 'kafkajs', 'java', 'java-share'])('%s', (client) => {
  const frames: string[] = JSON.parse(readFileSync(`${import.meta.dirname}/${client}.json`, 'utf8'))

  test.each(frames.map((frame) => Buffer.from(frame, 'base64')))(
    'request %#: understood, and written alike',
    (frame) => {
      const reader = new Reader(frame)
      const header = readRequestHeader(reader)
      const api = apis.get(header.apiKey)!
      if (api.isFlexible(header.apiVersion)) skipHeaderTags(reader)
      const request = api.readRequest(reader, header.apiVersion)
      expect(reader.remaining).toBe(0)
      const again = Buffer.concat(encodeRequest(api, header.apiVersion, header, withRecordLists(request) as never))
      expect(again.subarray(4).toString('hex')).toBe(frame.toString('hex'))
    },
  )
})

/** Records are decoded as one view and encoded from a list. */
function withRecordLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withRecordLists)
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) =>
      key === 'records' && Buffer.isBuffer(field) ? [key, [field]] : [key, withRecordLists(field)],
    ),
  )
}
