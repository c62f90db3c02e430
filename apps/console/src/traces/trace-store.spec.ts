import { expect, test } from 'vitest'
import { parse } from '#libs/http'
import { configureTracing, continueTrace, spanIdOf } from '#libs/observability'
import { otlpBody } from '../../../../libs/observability/tracing/otlp.ts'
import { otlpSpans, type StoredSpan } from './otlp-body.ts'
import { TraceStore } from './trace-store.ts'

const id = (n: number, digits: number) => n.toString(16).padStart(digits, '0')
const span = (trace: number, n: number, more: Partial<StoredSpan> = {}): StoredSpan => ({
  ...{ traceId: id(trace, 32), spanId: id(n, 16), parentSpanId: null, service: 'order', name: `span ${n}` },
  ...{ kind: 'internal', startedAt: n, durationMs: 1, attributes: {}, error: null, links: [], ...more },
})

test('what our processes send arrives as what they recorded', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const parent = '00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01'
  const sent = otlpBody('payment', [
    {
      ...{ traceparent, parent, name: 'call authorize', kind: 'client', startedAt: 1_000.25, endedAt: 1_004.75 },
      ...{ attributes: { 'waybill.attempt': 2, ok: true, share: 0.5, none: undefined }, error: 'no answer' },
      links: [parent],
    },
  ])
  expect(parse(otlpSpans, JSON.parse(sent))).toEqual([
    {
      ...{ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', parentSpanId: spanIdOf(parent) },
      ...{ service: 'payment', name: 'call authorize', kind: 'client', startedAt: 1_000.25, durationMs: 4.5 },
      ...{ attributes: { 'waybill.attempt': 2, ok: true, share: 0.5 }, error: 'no answer' },
      links: [{ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: '00f067aa0ba902b7' }],
    },
  ])
})

test('a span that is told of twice is one, and the newest 2,000 traces are kept', () => {
  const store = new TraceStore()
  store.add([span(1, 1), span(1, 2), span(1, 2)])
  expect(store.find(id(1, 32))?.summary).toMatchObject({ spans: 2, name: 'span 1', durationMs: 2 })
  for (let trace = 2; trace <= 2_000; trace++) store.add([span(trace, 1)])
  store.add([span(1, 3)])
  store.add([span(2_001, 1)])
  expect(store.find(id(1, 32))?.spans).toHaveLength(3)
  expect(store.find(id(2, 32)), 'the one that was added to longest ago').toBeUndefined()
  expect(store.list({ limit: 2 }).map(({ traceId }) => Number.parseInt(traceId, 16))).toEqual([2_001, 1])
})

test('a trace that was put away is there as it was, and can be added to', () => {
  const store = new TraceStore()
  const about = { attributes: { 'waybill.correlation_id': 'a', 'waybill.attempt': 2, ok: true } }
  const links = [{ traceId: id(9, 32), spanId: id(9, 16) }]
  const spans = [span(1, 1, about), span(1, 2, { parentSpanId: id(1, 16), error: 'no answer', links })]
  store.add(spans)
  const before = store.find(id(1, 32))
  for (let trace = 2; trace <= 100; trace++) store.add([span(trace, 1)])
  expect(store.packedBytes).toBeGreaterThan(0)
  expect(store.find(id(1, 32))).toEqual(before)
  expect(store.list({ orderId: 'a', limit: 10 })).toEqual([before?.summary])
  store.add([span(1, 2, { parentSpanId: id(1, 16) }), span(1, 3)])
  expect(store.find(id(1, 32))?.summary).toMatchObject({ spans: 3, errors: 0, orderId: 'a' })
  expect(store.list({ limit: 1 })[0]?.traceId).toBe(id(1, 32))
})

test('2,000 traces of orders take a few megabytes', () => {
  const store = new TraceStore()
  for (let trace = 1; trace <= 2_000; trace++)
    store.add(
      Array.from({ length: 60 }, (_, n) =>
        span(trace, trace * 1_000 + n, {
          ...{ parentSpanId: id(trace * 1_000 + n - 1, 16), name: `handle payment.authorized ${n % 7}` },
          attributes: {
            ...{ 'waybill.correlation_id': crypto.randomUUID(), 'messaging.message.id': crypto.randomUUID() },
            ...{ 'messaging.destination.name': 'payments', 'messaging.kafka.offset': trace * 7 + n },
          },
        }),
      ),
    )
  expect(store.list({ limit: 5_000 })).toHaveLength(2_000)
  expect(store.packedBytes).toBeLessThan(24 * 2 ** 20)
})

test('a trace without an end does not take the room of all others', () => {
  const store = new TraceStore()
  store.add(Array.from({ length: 500 }, (_, n) => span(1, n + 1)))
  expect(store.list({ limit: 1 })[0]).toMatchObject({ spans: 400, dropped: 100 })
})

test('traces are found by the order that they are about', () => {
  const store = new TraceStore()
  const about = (orderId: string) => ({ attributes: { 'waybill.correlation_id': orderId } })
  store.add([
    span(1, 1),
    span(1, 2, about('a')),
    span(2, 1, about('b')),
    span(3, 1, about('a')),
    span(3, 2, about('b')),
  ])
  const found = store.list({ orderId: 'a', limit: 10 })
  expect(found.map(({ traceId, orderId }) => [Number.parseInt(traceId, 16), orderId])).toEqual([
    [3, null],
    [1, 'a'],
  ])
})

test('only so many traces begin in a second, and whoever has one already is not asked', () => {
  configureTracing({ service: 'test', endpoint: 'http://127.0.0.1:1', tracesPerSecond: 2 })
  const flags = Array.from({ length: 50 }, () => continueTrace().slice(-2))
  expect(flags.filter((flag) => flag === '01').length).toBeLessThanOrEqual(4)
  expect(flags[0]).toBe('01')
  expect(continueTrace('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01').slice(-2)).toBe('01')
  configureTracing({ service: 'test', tracesPerSecond: 2 })
  expect(continueTrace().slice(-2)).toBe('00')
})
