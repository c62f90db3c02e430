import { expect, test } from 'vitest'
import type { TraceSpan } from '../../server/types.ts'
import { waterfall } from './waterfall.ts'

const span = (spanId: string, parentSpanId: string | null, startedAt: number, durationMs: number): TraceSpan => ({
  ...{ traceId: 't', spanId, parentSpanId, service: 's', name: spanId, kind: 'internal', attributes: {}, error: null },
  links: [],
  ...{ startedAt, durationMs },
})

test('each span stands below the one that brought it about, in the order in which they began', () => {
  const rows = waterfall([
    span('mail', 'placed', 60, 40),
    span('post', null, 0, 10),
    span('call', 'pay', 22, 5),
    span('placed', 'post', 5, 15),
    span('pay', 'placed', 20, 10),
  ])
  expect(rows.map(({ span: { spanId }, depth }) => `${depth} ${spanId}`)).toEqual([
    ...['0 post', '1 placed', '2 pay', '3 call', '2 mail'],
  ])
  expect(rows.at(-1)).toMatchObject({ from: 0.6, length: 0.4, isOrphan: false })
})

test('a span whose parent was never told of stands by itself, and says so', () => {
  const rows = waterfall([span('post', null, 0, 10), span('late', 'killed', 5, 1)])
  expect(rows.map(({ span: { spanId }, depth, isOrphan }) => [spanId, depth, isOrphan])).toEqual([
    ['post', 0, false],
    ['late', 0, true],
  ])
})
