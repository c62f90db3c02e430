import { z } from 'zod'
import { shopEvent } from '#libs/contracts'
import type { Describe } from '../operators.openapi.ts'

/** What visitors do, and visitors that are made up, as a part of the OpenAPI document. */

const count = z.int().nonnegative()
const traffic = z.object({
  rate: z.int().min(1).max(20_000).default(500).describe('Events a second'),
  seconds: z.int().min(1).max(3_600).default(60),
  seed: count.default(1).describe('The same seed and start give the same events'),
  start: z.int().optional().describe('When the first one happens, ms since 1970; now without it'),
  skew: z.number().min(0).max(3).default(1).describe('How uneven products sell'),
  late: z.number().min(0).max(1).default(0.01).describe('The part that comes late'),
  lateSeconds: z.int().min(1).max(86_400).default(60),
  duplicates: z.number().min(0).max(1).default(0).describe('The part that is sent twice'),
  visitors: z.int().min(1).max(50_000).default(5_000).describe('At a time'),
  acks: z
    .union([z.literal(0), z.literal(1)])
    .default(1)
    .describe('0: at most once; what is lost is counted'),
})
const run = z.object({
  state: z.enum(['running', 'done', 'stopped', 'failed']),
  options: traffic,
  startedAt: z.iso.datetime(),
  sent: count,
  late: count,
  duplicates: count,
  elapsedMs: count,
  behindMs: count.describe('Behind the pace, because Kafka takes no more'),
  acknowledged: count,
  failed: count,
  lost: count.optional().describe('With `acks` 0, at the end'),
  error: z.string().optional(),
})

export const eventPaths = ({ get, json, ok, problems }: Describe) => ({
  '/api/events': {
    post: {
      summary: 'What visitors do, up to 1,000 events at once; sent again, they count once, by their ids',
      requestBody: {
        required: true,
        content: {
          ...json(z.array(shopEvent).max(1_000)),
          'application/x-ndjson': { schema: { type: 'string', description: 'One event in each line' } },
        },
      },
      responses: {
        202: ok(
          z.object({ accepted: count, rejected: z.array(z.object({ index: count, detail: z.string() })) }),
          'Those that are events are in the topic; the others, by their place',
        ),
        ...problems(
          [400, 'No list of events'],
          [413, 'More than 1,000 events, or 512 KB'],
          [415, 'Neither JSON nor NDJSON'],
          [429, 'More is waiting than can be held: `Retry-After`'],
          [503, 'Kafka did not take them in time; they may have arrived'],
        ),
      },
    },
  },
  '/api/traffic': {
    get: get('The visitors that are made up: how far they are', run, [], problems([404, 'None since the start'])),
    post: {
      summary: 'Have made-up visitors use the shop',
      requestBody: { required: true, content: json(traffic.partial()) },
      responses: {
        202: ok(run, 'They have begun'),
        ...problems([400, 'Bad fields'], [409, 'There are some already'], [503, 'No event can be sent']),
      },
    },
    delete: { summary: 'Have them leave', responses: { 200: ok(run), ...problems([404, 'None since the start']) } },
  },
})
