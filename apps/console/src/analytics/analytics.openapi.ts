import { z } from 'zod'
import * as schemas from '../openapi-schemas.ts'
import type { Describe } from '../operators.openapi.ts'

/** What is computed of the stream of shop events, as a part of the OpenAPI document. */

const count = z.int()
const item = z.looseObject({
  start: schemas.instant,
  key: z.string().optional().describe('A country, a device or a SKU, as `by` says; of `top-products` the SKU'),
  checkouts: count.optional(),
  purchases: count.optional().describe('Lines of checkouts'),
  units: count.optional(),
  revenue: count.optional().describe('In minor units of `currency`'),
  currency: z.string().optional(),
  views: count.optional(),
  searches: count.optional(),
  baskets: count.optional(),
  converted: count
    .optional()
    .describe('Purchases whose session had viewed the product and then put it into the basket'),
  rate: z.number().nullable().optional().describe('`converted` of `views`'),
  late: count.optional(),
  early: count.optional(),
  duplicates: count.optional(),
  unreadable: count.optional(),
  visitors: count.optional().describe('An estimate with this `standardError`, relative'),
  standardError: z.number().optional(),
  p50: count.nullable().optional().describe('Percentiles of what baskets were worth, within `relativeError`'),
  p90: count.nullable().optional(),
  p95: count.nullable().optional(),
  p99: count.nullable().optional(),
  relativeError: z.number().optional(),
  visits: count.optional().describe('That ended in the window: a pause of five minutes ends a visit'),
  pages: count.optional().describe('Of products and of what was searched for'),
  pagesPerVisit: z.number().optional(),
  averageSeconds: z.number().optional().describe('From the first event of a visit to its last'),
  medianSeconds: z.number().optional().describe('Within `relativeError`'),
  name: z.string().nullable().optional(),
  error: count.optional().describe('`units` may be too many by so much'),
})
const windows = z.object({
  metric: z.string(),
  step: z.string(),
  by: z.string(),
  from: schemas.instant,
  to: schemas.instant,
  items: z.array(item),
})

export const reconciliation = z.object({
  archived: z.boolean().describe('Whether raw events are kept at all'),
  running: z.boolean(),
  failure: z.string().optional().describe('Of the last time'),
  countedAt: schemas.instant.optional(),
  tookMs: count.optional(),
  files: count.optional(),
  items: z.array(
    z.object({
      start: schemas.instant,
      state: z.enum(['equal', 'different', 'open']).describe('`open`: events may still be on their way to the archive'),
      compared: count.describe('Numbers that were held against each other'),
      different: count,
      differences: z
        .array(z.object({ dimension: z.string(), key: z.string(), measure: z.string(), stream: count, batch: count }))
        .describe('The first 20'),
    }),
  ),
})

const source = z.enum(['archive', 'topic'])
const reason = z.string().min(1).max(1_000).optional().describe('For the audit trail')

export const rebuild = z.object({
  sources: z.array(source).describe('Where events can be read again; the first is taken when none is named'),
  served: count.describe('The generation that is served'),
  rebuild: z
    .object({
      generation: count.describe('That it fills'),
      state: z.enum(['running', 'served', 'cancelled', 'failed']),
      source,
      requestedAt: schemas.instant,
      endedAt: schemas.instant.nullable(),
      attempt: count.describe('It begins again when the process that works on it is gone'),
      events: count.describe('Computed up to now'),
      ofEvents: count.nullable(),
      detail: z.string().nullable().describe('Why it failed'),
    })
    .optional()
    .describe('The last that was asked for'),
})
const accepted = z.object({ generation: count, accepted: z.enum(['rebuild', 'cancel']), location: z.string() })

export const analyticsPaths = ({
  get,
  json,
  ok,
  inPath,
  inQuery,
  problems,
  always,
  idempotencyKey,
  actorHeader,
}: Describe) => ({
  '/api/analytics/rebuild': {
    get: get('The generation that is served, and how far the rebuild of the next has come', rebuild),
    post: {
      summary: 'Compute everything anew, beside what is served, and then serve it',
      description:
        'All windows are filled again from the archive and the topic, or the topic alone, up to where the running topology is, and become the served ones in one transaction.',
      parameters: [idempotencyKey, actorHeader],
      requestBody: { required: false, content: json(z.object({ source: source.optional(), reason })) },
      responses: {
        202: ok(accepted, 'Accepted, and on record; GET shows how it goes on'),
        ...always,
        ...problems(
          [400, 'A missing key, or bad fields'],
          [409, 'A rebuild is under way; or the request is'],
          [422, 'The key was used with another body'],
          [501, 'No archive is kept'],
        ),
      },
    },
  },
  '/api/analytics/rebuild/cancel': {
    post: {
      summary: 'Give up the rebuild that is under way: what is served stays as it is',
      parameters: [idempotencyKey, actorHeader],
      requestBody: { required: false, content: json(z.object({ reason })) },
      responses: {
        202: ok(accepted, 'Accepted, and on record'),
        ...always,
        ...problems(
          [400, 'A missing key, or bad fields'],
          [409, 'None is under way; or the request is'],
          [422, 'The key was used with another body'],
        ),
      },
    },
  },
  '/api/analytics/reconciliation': {
    get: get('Hour by hour, what the stream counted held against what is counted from the archive', reconciliation),
    post: {
      summary: 'Count the last two days from the archive now, and not at the next full hour',
      responses: {
        202: ok(z.object({ running: z.boolean() }), 'Begun, or under way'),
        ...always,
        ...problems([501, 'No archive is kept']),
      },
    },
  },
  '/api/analytics/live': {
    get: {
      summary: 'Results of the last two minutes, and every change as it is committed, as server-sent events',
      description:
        'Events `results`: `seconds`, each with its `start`, the newest event in it and `sums` (views, searches, baskets, checkouts, purchases, units, revenue, converted, late, early, duplicates, unreadable); `visits`, the seconds of which all visits are over, with how many, their pages and their `duration` in milliseconds; once a second `minute`, the hopping window of the last one.',
      responses: { 200: { description: 'OK', content: { 'text/event-stream': {} } }, ...always },
    },
  },
  '/api/analytics/{metric}': {
    get: get(
      'Windows of a metric of the shop: sales, conversion, traffic, quality, visitors, basket-value, top-products or visits',
      windows,
      [
        inPath('metric'),
        ...inQuery({
          from: schemas.moment.describe('60 windows before `to` when left out'),
          to: schemas.moment.describe('The end of the window that is under way when left out; 3,600 windows at most'),
          step: z.enum(['1s', '1m', '1h']).describe('Size of a window, a minute when left out'),
          by: z
            .enum(['all', 'country', 'device', 'product'])
            .describe('Of sales, conversion, traffic and visits; visits not by product'),
        }),
      ],
      problems([404, 'No such metric']),
    ),
  },
})
