import { z } from 'zod'
import * as schemas from './openapi-schemas.ts'
import type { Describe } from './operators.openapi.ts'

/** What can be asked about the messages in a topic, as a part of the OpenAPI document. */

const count = z.int().nonnegative()
const reading = z.union([
  z.object({
    readable: z.literal(true),
    newest: z.int().describe('The newest version of its type; `dataVersion` is the one in which it was written'),
    asNewest: z.unknown().optional().describe('What readers make of it now, where that is not what was written'),
  }),
  z.object({ readable: z.literal(false), reason: z.string(), detail: z.string() }),
])
export const record = schemas.topicMessage.extend({
  headers: z.record(z.string(), z.string().nullable()),
  data: z.unknown().describe('JSON where it is that, else text; payment tokens are masked'),
  encoding: z.literal('base64').optional(),
  cutOf: count.optional().describe('Bytes of the value, where only its beginning is shown'),
  reading: reading.describe('What the contract of its type makes of it'),
})
export const topicMessages = schemas.page(record).extend({
  topic: z.string(),
  direction: z.enum(['forward', 'backward']),
  looked: z.object({
    records: count,
    partitions: z
      .array(z.object({ partition: count, from: count, to: count }))
      .describe('Offsets that are done with: from the first to the one before `to`'),
  }),
  complete: z.boolean().describe('Nothing more is there in this direction, now'),
  nextCursor: z.string().nullable().describe('Where to look further'),
  liveCursor: z.string().describe('What is published from now on'),
})

export const topicPaths = ({ get, inQuery, inPath, problems }: Describe) => ({
  '/api/topics/{topic}/messages': {
    get: get(
      'Messages of a topic, the newest first; with `from` or `at` the oldest first, from there on',
      topicMessages,
      [
        inPath('topic'),
        ...inQuery({
          partition: count,
          from: count.describe('An offset of `partition`'),
          at: schemas.instant,
          key: z.string().describe('The whole key'),
          header: z.string().describe('`name`: it has this header; `name:text`: which holds this text'),
          value: z.string().describe('Text that stands in the value'),
          cursor: z.string().describe('`nextCursor` or `liveCursor` of an answer before, as it came'),
          limit: z.int().min(1).max(200),
        }),
      ],
      problems([404, 'No such topic or partition']),
    ),
  },
})
