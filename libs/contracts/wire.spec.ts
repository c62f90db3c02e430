import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { v1 } from './fixtures/v1.ts'
import { v2 } from './fixtures/v2.ts'
import { v3 } from './fixtures/v3.ts'
import type { Message } from './message.ts'
import { type MessageType, messages } from './messages.ts'
import { decode, encode, parseData, type ReceivedRecord } from './wire.ts'

/** By version; a type is in those that it had. */
const shipped: readonly Readonly<Record<string, unknown>>[] = [v1, v2, v3]
const newest: Readonly<Record<string, unknown>> = Object.assign({}, ...shipped)

const types = Object.keys(messages) as MessageType[]
const message = (type: MessageType): Message =>
  ({
    id: '6fa459ea-ee8a-5ca4-894e-db77e160355e',
    type,
    source: '/waybill/test',
    subject: 'subject',
    time: '2026-01-01T00:00:00.000Z',
    key: 'cust-0001',
    correlationId: 'o1',
    causationId: 'm0',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    data: newest[type],
  }) as Message

const received = ({ key, value, headers }: ReturnType<typeof encode>): ReceivedRecord => ({
  key: Buffer.from(key),
  value: Buffer.from(value),
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
})
const record = (
  type: MessageType,
  headers: Record<string, string | undefined>,
  value?: string | null,
): ReceivedRecord => {
  const good = received(encode(message(type)))
  return {
    ...good,
    headers: { ...good.headers, ...headers },
    value: value === undefined ? good.value : value === null ? null : Buffer.from(value),
  }
}

test('every message type has a fixture of its first version', () => {
  expect(Object.keys(v1).sort()).toEqual([...types].sort())
})

test('every message type has a fixture of each of its versions', () => {
  const versions = (type: string) => shipped.filter((fixtures) => Object.hasOwn(fixtures, type)).length
  expect(types.filter((type) => versions(type) !== messages[type].version)).toEqual([])
})

describe('data of every version that ever shipped is read as the newest', () => {
  const all = shipped.flatMap((fixtures, i) =>
    Object.entries(fixtures).map(([type, data]) => [type as MessageType, i + 1, data] as const),
  )
  test.each(all)('%s of version %i', (type, version, data) => {
    const decoded = decode(record(type, { ce_dataversion: String(version) }, JSON.stringify(data)))
    expect(decoded).toMatchObject({ ok: true })
    const again = decoded.ok && received(encode(decoded.message))
    expect(again && String(again.headers?.ce_dataversion)).toBe(String(messages[type].version))
    expect(again && decode(again)).toEqual(decoded)
  })

  test.each([
    ['Ada', { givenName: 'Ada' }],
    ['Ada Lindqvist', { givenName: 'Ada', familyName: 'Lindqvist' }],
    [' Ada  Maria Lindqvist ', { givenName: 'Ada Maria', familyName: 'Lindqvist' }],
  ])('the name %j of a first version is split', (name, split) => {
    const { name: _, ...place } = v1['shipment.ship'].address
    const data = { ...v1['shipment.ship'], address: { ...place, name } }
    const decoded = decode(record('shipment.ship', { ce_dataversion: '1' }, JSON.stringify(data)))
    expect(decoded).toMatchObject({ message: { data: { address: { ...place, ...split } } } })
  })
})

test.each(types)('%s comes back from the wire as it was', (type) => {
  expect(decode(received(encode(message(type))))).toEqual({ ok: true, message: message(type) })
})

test('a message of a choreographed order says so in a header, and no other does', () => {
  const ofOne = { ...message('order.placed'), coordination: 'choreographed' } as const
  expect(encode(ofOne).headers.coordination).toBe('choreographed')
  expect(decode(received(encode(ofOne)))).toEqual({ ok: true, message: ofOne })
  expect(encode(message('order.placed')).headers).not.toHaveProperty('coordination')
})

test.each(['2026-01-01T01:00:00+01:00', '2026-01-01T00:00:00Z', '2026-01-01t00:00:00.0000z'])(
  'the time %s of another sender is read as we would have written it',
  (ce_time) => {
    expect(decode(record('order.placed', { ce_time }))).toMatchObject({ message: { time: '2026-01-01T00:00:00.000Z' } })
  },
)

describe('what is not one of our messages is told apart', () => {
  test.each([
    ['no headers at all', { ...record('order.placed', {}), headers: {} }, 'missing_header'],
    ['no id', record('order.placed', { ce_id: undefined }), 'missing_header'],
    ['a time that is none', record('order.placed', { ce_time: 'yesterday' }), 'invalid_header'],
    ['a time that no calendar has', record('order.placed', { ce_time: '2026-13-01T00:00:00.000Z' }), 'invalid_header'],
    [
      'a time before anything was sold',
      record('order.placed', { ce_time: '0000-01-01T00:00:00.000Z' }),
      'invalid_header',
    ],
    ['a time far ahead', record('order.placed', { ce_time: '9999-12-31T23:59:59.999Z' }), 'invalid_header'],
    ['a time past the last year', record('order.placed', { ce_time: '9999-12-31T23:59:59-01:00' }), 'invalid_header'],
    ['an unknown type', record('order.placed', { ce_type: 'order.vanished' }), 'unknown_type'],
    ['a name that every object has', record('order.placed', { ce_type: 'constructor' }), 'unknown_type'],
    ['a version from the future', record('order.placed', { ce_dataversion: '99' }), 'unknown_version'],
    ['a null value', record('order.placed', {}, null), 'invalid_json'],
    ['broken JSON', record('order.placed', {}, '{"orderId":'), 'invalid_json'],
    ['another shape', record('order.placed', {}, '{"orderId":7}'), 'invalid_data'],
  ] as const)('%s', (_, bad, reason) => {
    expect(decode(bad)).toMatchObject({ ok: false, reason })
  })
})

test('a clock may be a day ahead, and no more', () => {
  const now = Date.parse('2026-01-01T00:00:00.000Z')
  expect(decode(record('order.placed', { ce_time: '2026-01-02T00:00:00.000Z' }), now).ok).toBe(true)
  expect(decode(record('order.placed', { ce_time: '2026-01-02T00:00:00.001Z' }), now).ok).toBe(false)
})

test('whatever arrives, the answer is a message or a reason, never an exception', () => {
  const bytes = fc.option(fc.uint8Array().map((array) => Buffer.from(array)))
  const headers = fc.dictionary(
    fc.constantFrom(
      'ce_id',
      'ce_type',
      'ce_source',
      'ce_subject',
      'ce_time',
      'ce_dataversion',
      'correlationid',
      'causationid',
    ),
    fc.oneof(fc.constantFrom(...types, '1', '0', '-1'), bytes, fc.string()),
  )
  fc.assert(
    fc.property(bytes, bytes, headers, (key, value, headers) => {
      expect(typeof decode({ key, value, headers }).ok).toBe('boolean')
    }),
  )
})

test('data of an old version that is not what that version promised is invalid, not an exception', () => {
  const split = ({ name }: { name: string }) => ({ first: name.split(' ')[0] })
  const definition = { topic: 'orders', schema: z.object({ first: z.string() }), version: 2, upcast: [split] } as const
  expect(parseData(definition, 1, { name: 'Ada L' })).toMatchObject({ success: true, data: { first: 'Ada' } })
  expect(parseData(definition, 1, {})).toMatchObject({ success: false })
})
