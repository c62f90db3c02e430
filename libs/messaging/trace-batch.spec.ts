import { expect, test } from 'vitest'
import type { AnyMessage, Topic } from '#libs/contracts'
import type { IncomingRecord } from './incoming-record.ts'
import { batchSpan, tracedBatch } from './trace-batch.ts'

const PAYMENT = '/waybill/payment'

/** A message of a trace of its own. */
const record = (n: number, isSampled = true): IncomingRecord => ({
  position: { topic: 'orders' as Topic, partition: 3, offset: BigInt(n) },
  raw: { key: null, value: null, headers: undefined },
  content: { kind: 'message', message: { id: `m${n}`, traceparent: traceOf(n, isSampled) } as AnyMessage },
})
const traceOf = (n: number, isSampled = true): string =>
  `00-${String(n).padStart(32, '1')}-00f067aa0ba902b7-${isSampled ? '01' : '00'}`

test('a batch is a span in the trace of its first message that is seen, and links to all others', () => {
  const records = [record(1, false), record(2), record(3, false), record(4), record(5)]
  const batch = tracedBatch(PAYMENT, records)!
  const span = batchSpan(batch, 1_000)
  expect(span).toMatchObject({ name: 'batch of 5 on orders', parent: traceOf(2), links: [traceOf(4), traceOf(5)] })
  expect(span.traceparent.slice(0, 36)).toBe(traceOf(2).slice(0, 36))
  expect(tracedBatch(PAYMENT, records)!.traceparent, 'handled again it is the same span').toBe(span.traceparent)
  expect(tracedBatch('/waybill/order', records)!.traceparent).not.toBe(span.traceparent)
})

test('where no two traces have anything in common, there is no such span', () => {
  expect(tracedBatch(PAYMENT, [record(1)])).toBeUndefined()
  expect(tracedBatch(PAYMENT, [record(1), record(2, false)])).toBeUndefined()
  expect(tracedBatch(PAYMENT, [])).toBeUndefined()
})

test('a span names so many others at most', () => {
  const batch = tracedBatch(
    PAYMENT,
    Array.from({ length: 500 }, (_, n) => record(n + 1)),
  )!
  expect(batchSpan(batch, 1_000).links).toHaveLength(128)
})
