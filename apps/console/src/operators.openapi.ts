import { z } from 'zod'
import { orderId } from '#libs/contracts'
import { consuming } from './services.ts'

/** What operators may ask for, as a part of the OpenAPI document. */

const instant = z.iso.datetime()
const count = z.int().nonnegative()
const unreachable = z.array(z.string())
const actor = z.string()

export const parkedItem = z.object({
  service: z.string().optional(),
  id: z.string(),
  topic: z.string(),
  partition: z.int(),
  offset: z.int(),
  key: z.string().nullable(),
  messageId: z.string().nullable(),
  type: z.string().nullable(),
  orderId: z.string().optional(),
  status: z.enum(['retrying', 'queued', 'dead', 'settled']),
  reason: z.string(),
  error: z.string().nullable(),
  attempts: count,
  nextAttemptAt: instant.optional(),
  parkedAt: instant,
  workedBy: actor.optional(),
  resolution: z.enum(['handled', 'discarded']).optional(),
  settledAt: instant.optional(),
})
const content = { value: z.string().nullable(), encoding: z.literal('base64').optional() }
const headers = z.record(z.string(), z.unknown())
export const parkedRecord = parkedItem.extend({
  ...content,
  headers,
  failedAttempts: z.array(z.object({ at: instant, error: z.string().nullable(), stack: z.string().optional() })),
  stack: z.string().optional().describe('Of the last attempt, where it ended with an exception'),
  behind: count,
  original: z.object({ ...content, headers }).optional(),
})
export const parkedCounts = z.object({
  items: z.array(z.object({ service: z.string(), status: z.string(), reason: z.string(), count })),
  total: count,
  unreachable,
})
const parkedEffect = z.object({
  service: z.string(),
  id: z.string(),
  effectId: z.string(),
  kind: z.string(),
  key: z.string(),
  outcome: z.record(z.string(), z.unknown()),
  reason: z.enum(['refused', 'apply_failed']),
  error: z.string(),
  correlationId: z.string(),
  causationId: z.string(),
  parkedAt: instant,
})
const progress = { total: count, waiting: count, running: count, handled: count, dead: count }
const state = z.enum(['running', 'completed'])
export const operation = z.object({
  ...{ operationId: z.uuid(), kind: z.literal('redrive'), actor, reason: z.string(), createdAt: instant, state },
  ...progress,
  services: z.array(z.object({ service: z.string(), state, ...progress, endedAt: instant.nullable() })),
  unreachable,
})
export const auditEntry = z.object({
  service: z.string(),
  seq: count,
  at: instant,
  actor,
  action: z.string(),
  target: z.string(),
  reason: z.string().optional(),
  outcome: z.enum(['done', 'refused']),
  detail: z.string().optional(),
  previousHash: z.string(),
  hash: z.string(),
})
export const verification = z.object({
  holds: z.boolean(),
  services: z.record(
    z.string(),
    z.union([
      z.object({ holds: z.literal(true), entries: count }),
      z.object({ holds: z.literal(false), brokenAt: count, detail: z.string() }),
    ]),
  ),
  unreachable,
})
const accepted = z.object({ id: z.string(), service: z.string(), accepted: z.string() })

/** Which parked messages are meant. */
export const parkedFilters = {
  service: z.enum(consuming),
  topic: z.string(),
  key: z.string(),
  type: z.string(),
  reason: z.string(),
  status: parkedItem.shape.status,
  orderId,
}

/** How the document is put together; the same helpers describe every other route. */
export interface Describe {
  get(summary: string, answer: z.ZodType, parameters?: object[], more?: object): object
  json(schema: z.ZodType): object
  ok(schema: z.ZodType, description?: string): object
  inQuery(parameters: Readonly<Record<string, z.ZodType>>): object[]
  inPath(name: string): object
  problems(...list: [number, string][]): object
  /** What every route may be answered. */
  readonly always: object
  readonly idempotencyKey: object
  readonly actorHeader: object
}

export const operatorPaths = ({ get, json, ok, inQuery, inPath, problems, idempotencyKey, actorHeader }: Describe) => {
  const reason = z.string().min(1).max(1_000)
  const parkedOne = [inPath('service'), inPath('id')]
  const unknownOne = problems([404, 'No such message is parked there'])
  const work = (summary: string, body: z.ZodType) => ({
    post: {
      summary,
      parameters: [...parkedOne, idempotencyKey, actorHeader],
      requestBody: { required: true, content: json(body) },
      responses: {
        202: ok(accepted, 'Accepted, and on record'),
        ...unknownOne,
        ...problems([400, 'A missing key, or bad fields'], [409, 'Settled already, or it waits behind another one']),
      },
    },
  })
  return {
    '/api/parked/counts': {
      get: get('Parked messages by service, status and reason', parkedCounts, inQuery(parkedFilters)),
    },
    '/api/parked/{service}/{id}': {
      get: get('A parked message with everything known of it', parkedRecord, parkedOne, unknownOne),
    },
    '/api/parked/{service}/{id}/retry': work('Try a parked message again now', z.object({ reason: reason.optional() })),
    '/api/parked/{service}/{id}/discard': work('Give a parked message up; its key flows on', z.object({ reason })),
    '/api/parked/{service}/{id}/amend': work(
      'Have a corrected copy handled in its place; the original is kept',
      z.object({
        value: z.string().optional(),
        headers: z.record(z.string(), z.string().nullable()).optional(),
        reason,
      }),
    ),
    '/api/parked/redrive': {
      post: {
        summary: 'Try all dead letters again that the filter means, at a bounded rate, in the order of each key',
        parameters: [idempotencyKey, actorHeader],
        requestBody: {
          required: true,
          content: json(z.object({ filter: z.record(z.string(), z.string()).optional(), reason })),
        },
        responses: {
          202: ok(z.object({ operationId: z.uuid(), total: count }), 'Begun: Location tells how far it has come'),
          ...problems([400, 'A missing key, or bad fields']),
        },
      },
    },
    '/api/parked-effects': {
      get: get('Calls whose outcome could not be recorded', z.object({ items: z.array(parkedEffect), unreachable })),
    },
    '/api/operations/{id}': {
      get: get('How far an operation has come', operation, [inPath('id')], problems([404, 'No such operation'])),
    },
    '/api/audit': {
      get: get(
        'Who did what, when and why, youngest first',
        z.object({ items: z.array(auditEntry), nextCursor: z.string().nullable(), unreachable }),
        inQuery({
          actor,
          target: z.string(),
          from: instant,
          to: instant,
          cursor: z.string(),
          limit: z.int().min(1).max(200),
        }),
      ),
    },
    '/api/audit/verify': { get: get('Whether the audit trail is what was written', verification) },
  }
}
