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

export const topicDetails = z.object({
  name: z.string(),
  bytes: count.describe('On the disks of the leaders; copies are not counted'),
  partitions: z.array(z.object({ partition: count, bytes: count })),
  settings: z
    .array(z.object({ name: z.string(), value: z.string().nullable(), isDefault: z.boolean() }))
    .describe('As they are in force; those of the topic itself first'),
})
export const testMessage = z.object({
  key: z.string().min(1).max(300),
  value: z.string().max(50_000),
  headers: z.record(z.string(), z.string()).optional(),
  reason: z.string().min(1).max(1_000),
})
export const produced = z.object({
  topic: z.string(),
  key: z.string(),
  reading: z
    .union([
      z.object({ readable: z.literal(true) }),
      z.object({ readable: z.literal(false), reason: z.string(), detail: z.string() }),
    ])
    .describe('What consumers of the topic will make of it'),
})

export const resetPlan = z.object({
  groupId: z.string(),
  type: z.enum(['consumer', 'share']),
  topic: z.string(),
  members: z.array(z.string()).describe('Who is in the group: while somebody is, nothing is reset'),
  partitions: z.array(
    z.object({
      partition: count,
      from: count
        .nullable()
        .describe(
          'What is committed before, or the first record that a share group is not done with; null for nothing',
        ),
      to: count.nullable().describe('Null where it is forgotten: the group begins anew there'),
      earliest: count,
      latest: count,
    }),
  ),
  dryRun: z.boolean(),
})
const resetRequest = z.object({
  topic: z.string(),
  partitions: z.array(count).optional(),
  to: z.union([
    z
      .enum(['earliest', 'latest', 'forgotten'])
      .describe('`forgotten`: as if it had never read the topic, all partitions'),
    z.object({ offset: count }),
    z.object({ at: z.iso.datetime({ offset: true }) }),
  ]),
  dryRun: z.boolean().optional().describe('Only say what would be done'),
  reason: z.string().min(1).max(1_000).optional().describe('Required unless it is a dry run'),
})

export const topicPaths = ({ get, json, ok, inQuery, inPath, problems, idempotencyKey, actorHeader }: Describe) => ({
  '/api/topics/{topic}': {
    get: get(
      'What a topic takes on the disk, and how it is set',
      topicDetails,
      [inPath('topic')],
      problems([404, 'No such topic']),
    ),
  },
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
    post: {
      summary: 'Publish a test message: services act on it as on any other',
      parameters: [inPath('topic'), idempotencyKey, actorHeader],
      requestBody: { required: true, content: json(testMessage) },
      responses: {
        202: ok(produced, 'Accepted, and on record: it is published once, with the header `testmessage`'),
        ...problems(
          [400, 'A missing key, or bad fields; a payment token that is not sealed is one'],
          [404, 'No topic of Waybill'],
          [409, 'A request with this key is still under way'],
          [422, 'The key was used with another body'],
        ),
      },
    },
  },
  '/api/groups/{group}/offsets': {
    post: {
      summary:
        'Have a group without members, consumer or share, go on elsewhere in a topic; `dryRun` says what would be done',
      parameters: [inPath('group'), idempotencyKey, actorHeader],
      requestBody: { required: true, content: json(resetRequest) },
      responses: {
        200: ok(resetPlan, 'What was set, or would be'),
        ...problems(
          [400, 'A missing key, or bad fields'],
          [404, 'No such group, topic or partition'],
          [409, 'Somebody is in the group, or a request with this key is still under way'],
          [422, 'The key was used with another body'],
          [503, 'Kafka cannot be asked'],
          [504, 'Kafka does not answer'],
        ),
      },
    },
  },
})
