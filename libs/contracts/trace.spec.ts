import { expect, test } from 'vitest'
import { causeWithin, isSampled, spanWithin } from './trace.ts'

const sampled = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const unsampled = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'

test('a span within a trace is the same for whoever does the same again, and another one for anybody else', () => {
  const span = spanWithin(sampled, '/waybill/payment', 'm1')
  expect(span).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/)
  expect(spanWithin(sampled, '/waybill/payment', 'm1')).toBe(span)
  const others = [spanWithin(sampled, '/waybill/order', 'm1'), spanWithin(sampled, '/waybill/payment', 'm2'), sampled]
  expect(new Set([span, ...others]).size).toBe(4)
})

test.each([unsampled, '', 'nonsense', '00-1-2-01'])(
  '%j is no trace that somebody wants to see, and stays as it is',
  (traceparent) => {
    expect(isSampled(traceparent)).toBe(false)
    expect(spanWithin(traceparent, 'me', 'm1')).toBe(traceparent)
  },
)

test('what follows from a cause is within the span of its handling', () => {
  const cause = { id: 'm1', correlationId: 'o1', traceparent: sampled }
  expect(causeWithin(cause, 'me')).toEqual({ ...cause, traceparent: spanWithin(sampled, 'me', 'm1') })
  expect(causeWithin({ id: 'm1', correlationId: 'o1' }, 'me')).toEqual({ id: 'm1', correlationId: 'o1' })
})
