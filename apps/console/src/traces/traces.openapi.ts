import { z } from 'zod'
import type { Describe } from '../operators.openapi.ts'

/** The newest traces, as a part of the OpenAPI document. */

const traceId = z.string().regex(/^[0-9a-f]{32}$/)
const spanId = z.string().regex(/^[0-9a-f]{16}$/)

export const traceSummary = z.object({
  traceId,
  name: z.string().describe('Of the span that it began with, or of the earliest that is known'),
  service: z.string(),
  startedAt: z.iso.datetime(),
  durationMs: z.number().min(0).describe('From the beginning of the first span to the end of the last'),
  spans: z.int().min(1),
  errors: z.int().min(0),
  orderId: z.string().nullable().describe('Where it is about one order'),
  dropped: z.int().min(0).describe('Spans that were left out, because there were too many'),
})

export const storedSpan = z.object({
  ...{ traceId, spanId, parentSpanId: spanId.nullable() },
  service: z.string(),
  name: z.string(),
  kind: z.enum(['internal', 'server', 'client', 'producer', 'consumer']),
  startedAt: z.number().describe('Milliseconds since 1970, with a fraction'),
  durationMs: z.number().min(0),
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  error: z.string().nullable(),
  links: z.array(z.object({ traceId, spanId })).describe('Spans that it has to do with, in other traces'),
})

export const traces = z.object({ items: z.array(traceSummary) })
export const trace = z.object({ summary: traceSummary, spans: z.array(storedSpan) })

export const tracePaths = ({ get, inPath, inQuery, problems }: Describe) => ({
  '/api/traces': {
    get: get(
      'The newest 2,000 traces, the newest first',
      traces,
      inQuery({ orderId: z.string().min(1).max(64), limit: z.int().min(1).max(200) }),
    ),
  },
  '/api/traces/{traceId}': {
    get: get(
      'A trace with its spans, by their beginning',
      trace,
      [inPath('traceId')],
      problems([404, 'It is not kept']),
    ),
  },
})
