import { expect, test } from 'vitest'
import { encode, type MessageType, type Topic } from '#libs/contracts'
import type { AnyHandler, HandlerTable } from './handlers.ts'
import { readRecord } from './incoming-record.ts'
import { command, type SentRecord } from './messaging.fixture.ts'

const handlers: HandlerTable = new Map<MessageType, AnyHandler | 'ignore'>([
  ['payment.capture', { handle: () => {} }],
  ['payment.void', 'ignore'],
  ['payment.authorize', { handle: () => {}, only: 'choreographed' }],
])
const record = encode(command('a', 1))

const read = ({ key, value, headers }: SentRecord, topic: Topic = 'payment-commands') =>
  readRecord(
    { topic, partition: 0, offset: 0n },
    {
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
    },
    handlers,
  ).content

test('a record of ours is its message', () => {
  expect(read(record)).toEqual({ kind: 'message', message: command('a', 1) })
})

test('what the service ignores is not even parsed', () => {
  expect(read({ ...record, value: '{', headers: { ...record.headers, ce_type: 'payment.void' } })).toEqual({
    kind: 'ignored',
  })
})

test('what only choreographed orders mean is not parsed of any other', () => {
  const headers = { ...record.headers, ce_type: 'payment.authorize' }
  expect(read({ ...record, value: '{', headers })).toEqual({ kind: 'ignored' })
  expect(read({ ...record, value: '{', headers: { ...headers, coordination: 'orchestrated' } }).kind).toBe('ignored')
  expect(read({ ...record, value: '{', headers: { ...headers, coordination: 'choreographed' } })).toMatchObject({
    kind: 'unreadable',
    reason: 'invalid_json',
  })
})

test('a message on the wrong topic is not believed, though there is a handler for it', () => {
  expect(read(record, 'payments')).toMatchObject({ kind: 'unreadable', reason: 'unknown_type' })
})

test('a known message that the service has not heard of is not dropped', () => {
  const refund = { ...record, headers: { ...record.headers, ce_type: 'payment.refund' } }
  expect(read(refund)).toMatchObject({ kind: 'unreadable', reason: 'unknown_type' })
})

test('an id that no table could hold is none', () => {
  const broken = { ...record, headers: { ...record.headers, ce_id: 'a\0b' } }
  expect(read(broken)).toMatchObject({ kind: 'unreadable', detail: 'ce_id is not an id' })
})

test('events of two sources are two events, whatever ids they have', () => {
  const from = (source: string) => {
    const content = read({ ...record, headers: { ...record.headers, ce_source: source } })
    return content.kind === 'message' ? content.message.id : undefined
  }
  expect(from('/shop/a')).toBe(from('/shop/a'))
  expect(new Set([from('/shop/a'), from('/shop/b'), from('/waybill/order')]).size).toBe(3)
  expect(from('/waybill/order')).toBe(record.headers.ce_id)
})
