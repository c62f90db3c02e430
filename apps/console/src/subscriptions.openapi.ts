import { z } from 'zod'
import { eventFilter } from '#libs/contracts'
import * as schemas from './openapi-schemas.ts'
import type { Describe } from './operators.openapi.ts'

/** Who wants to be told of what, and where, as a part of the OpenAPI document. */

const deliver = z.discriminatedUnion('to', [
  z.object({
    to: z.literal('webhook'),
    url: z.string().max(2_000).describe('https; http to addresses that are not public, where these are allowed at all'),
    ordered: z.boolean().optional().describe('One after the other for each customer. Default false'),
  }),
  z.object({ to: z.literal('email'), address: z.email() }),
  z.object({
    to: z.literal('queue'),
    name: z.string().max(63).describe('Its topic is queue.<name>; anybody may work it with a share consumer'),
  }),
])
const reason = z.string().min(1).max(1_000).optional().describe('For the audit trail')
const subscriptionRequest = z.object({ filter: eventFilter, deliver, reason })
const changeRequest = z.object({
  filter: eventFilter.optional(),
  deliver: deliver.optional(),
  state: z.enum(['active', 'off']).optional(),
  reason,
})
export const subscription = z.object({
  subscriptionId: z.uuid(),
  filter: eventFilter,
  deliver,
  state: z
    .enum(['confirming', 'active', 'off'])
    .describe(
      '`confirming`: its endpoint has not yet repeated the challenge that it was sent, or its address not said yes',
    ),
  offReason: z.enum(['asked', 'not_confirmed', 'endpoint_dead', 'endpoint_gone']).optional(),
  confirmBy: schemas.instant.optional().describe('While it is `confirming`: it may say yes until then'),
  confirmedAt: schemas.instant
    .optional()
    .describe('When it said yes; missing of an active mail address that was told before addresses were asked'),
  activeSince: schemas.instant.optional().describe('It is told of what happens from here on'),
  failing: z
    .object({ since: schemas.instant, failures: z.int() })
    .optional()
    .describe('Whatever it has been sent since then has failed'),
  retryAt: schemas.instant.optional().describe('Nothing is sent before'),
  createdAt: schemas.instant,
  updatedAt: schemas.instant,
})
export const delivery = z.object({
  deliveryId: z.uuid().describe('`webhook-id` of every attempt'),
  kind: z.enum(['event', 'confirm']),
  eventId: z.string().optional(),
  type: z.string(),
  key: z.string(),
  state: z.enum(['pending', 'delivered', 'failed']),
  attempts: z.int(),
  nextAttemptAt: schemas.instant.optional(),
  giveUpAt: schemas.instant.optional(),
  sentAt: schemas.instant
    .optional()
    .describe('Of a question by mail: since then it waits for its reader, until `giveUpAt`'),
  lastStatus: z.int().optional(),
  lastError: z.string().optional(),
  endedAt: schemas.instant.optional(),
  createdAt: schemas.instant,
})
export const preview = z.object({
  types: z.array(z.string()).describe('Of all there are, those that its patterns mean'),
  looked: z.int().describe('How many of the newest messages were looked at'),
  ofTheseTypes: z.int(),
  items: z
    .array(
      z.object({
        topic: z.string(),
        partition: z.int(),
        offset: z.int(),
        type: z.string(),
        publishedAt: schemas.instant,
        key: z.string().nullable(),
      }),
    )
    .describe('Those that it means, the newest first'),
})
const secrets = schemas.page(
  z.object({ secret: z.string(), until: schemas.instant.optional().describe('Signs beside the newer one until then') }),
)

export const subscriptionPaths = (describe: Describe) => {
  const { get, json, ok, inPath, inQuery, problems, always, idempotencyKey, actorHeader } = describe
  const unknown = problems([404, 'No such subscription'])
  const write = (summary: string, answer: z.ZodType, more: { status?: number; body?: z.ZodType; path?: string[] }) => ({
    summary,
    parameters: [...(more.path ?? []).map(inPath), idempotencyKey, actorHeader],
    requestBody: { required: more.body !== undefined, content: json(more.body ?? z.object({ reason })) },
    responses: {
      [more.status ?? 200]: ok(answer),
      ...always,
      ...(more.path && unknown),
      ...problems(
        [400, 'A missing key or a bad field'],
        [409, 'It is not of that kind or in that state, there are too many, or a request with this key is under way'],
        [422, 'The key was used with another body'],
        [429, 'This address, or all of them together, was asked too often within a day'],
      ),
    },
  })
  return {
    '/api/subscriptions': {
      get: get('Subscriptions, oldest first', schemas.page(subscription)),
      post: write('Be told of messages, from now on', subscription, { status: 201, body: subscriptionRequest }),
    },
    '/api/subscriptions/preview': {
      post: {
        summary: 'Which of the newest messages a filter means; changes nothing',
        parameters: [],
        requestBody: { required: true, content: json(z.object({ filter: eventFilter })) },
        responses: { 200: ok(preview), ...always },
      },
    },
    '/api/subscriptions/confirm': {
      post: {
        summary: 'What the page does to which the link in a mail leads: its reader wants to be told',
        parameters: [],
        requestBody: { required: true, content: json(z.object({ token: z.string().max(200) })) },
        responses: {
          200: ok(z.object({ subscriptionId: z.uuid(), state: z.literal('active') })),
          ...always,
          ...problems([400, 'A bad field'], [404, 'No question has this link'], [410, 'The link holds no longer']),
        },
      },
    },
    '/api/subscriptions/{id}/confirmation': {
      post: write('Mail the question again, with another link; the one of before holds no longer', subscription, {
        ...{ status: 202, path: ['id'] },
      }),
    },
    '/api/subscriptions/{id}': {
      get: get('One subscription', subscription, [inPath('id')], unknown),
      patch: write('Change it, switch it off, or on again: then its endpoint is asked anew', subscription, {
        ...{ body: changeRequest, path: ['id'] },
      }),
      delete: write('Remove it', z.object({ subscriptionId: z.uuid(), removed: z.boolean() }), { path: ['id'] }),
    },
    '/api/subscriptions/{id}/secret': {
      get: get('What its webhook is signed with, the newest first', secrets, [inPath('id')], {
        ...unknown,
        ...problems([409, 'Only what webhooks are sent is signed']),
      }),
    },
    '/api/subscriptions/{id}/secret/rotate': {
      post: write(
        'Sign by a new secret; the one before signs, too, for a while',
        z.object({ subscriptionId: z.uuid(), bothUntil: schemas.instant.optional() }),
        { path: ['id'] },
      ),
    },
    '/api/subscriptions/{id}/deliveries': {
      get: get(
        'What it was sent and is owed, newest first',
        schemas.cursorPage(delivery),
        [inPath('id'), ...inQuery({ state: delivery.shape.state, cursor: z.string(), limit: z.int().min(1).max(200) })],
        unknown,
      ),
    },
    '/api/subscriptions/{id}/deliveries/{deliveryId}/repeat': {
      post: write(
        'Send it again, by the same webhook-id; or now, if it waits for its next attempt',
        z.object({ subscriptionId: z.uuid(), deliveryId: z.uuid(), state: z.literal('pending') }),
        { status: 202, path: ['id', 'deliveryId'] },
      ),
    },
  }
}
