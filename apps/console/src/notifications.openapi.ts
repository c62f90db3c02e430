import { z } from 'zod'
import { customerId, notificationKind, orderId, returnId } from '#libs/contracts'
import * as schemas from './openapi-schemas.ts'
import type { Describe } from './operators.openapi.ts'

const channel = z.enum(['email', 'sms', 'push'])
const locale = z.enum(['en', 'de', 'sv'])
const priority = z.enum(['high', 'normal', 'low'])
const status = z.enum(['waiting', 'pending', 'sent', 'failed', 'skipped'])
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/)

export const notification = z.object({
  notificationId: z.uuid(),
  orderId: orderId.optional().describe('Of a campaign there is none'),
  campaignId: z.uuid().optional(),
  returnId: returnId.optional(),
  customerId,
  kind: z.string(),
  channel: z.string().describe('`none`: the customer wants no word of it, or cannot be reached'),
  to: z.string(),
  status: status.describe('`waiting` for its turn: the hour is full, or it is quiet'),
  priority: priority.optional(),
  tries: z.int().optional().describe('Where a queue counts them'),
  replaces: channel.optional().describe('The channel that failed before'),
  error: z.string().optional(),
  at: schemas.instant,
})

const preferences = z.object({
  locale,
  timeZone: z.string().max(64).describe('Of the IANA database, e.g. Europe/Stockholm'),
  quietHours: z.object({ from: timeOfDay, to: timeOfDay }).optional().describe('Nothing but what is urgent goes then'),
  addresses: z
    .object({
      sms: z
        .string()
        .regex(/^\+[1-9]\d{6,14}$/)
        .optional(),
      push: z.string().min(1).max(254).optional(),
    })
    .optional(),
  channels: z
    .partialRecord(z.enum(['default', ...notificationKind.options, 'campaign']), z.array(channel).max(3))
    .describe('By kind; an empty list: no word of it'),
  fallback: channel.optional().describe('Takes the place of a channel that failed for good'),
})
export const preferencesAnswer = preferences.extend({
  customerId,
  isDefault: z.boolean().describe('The customer has said nothing'),
  switchedOff: z
    .array(z.object({ channel, at: schemas.instant, to: z.string(), reason: z.string() }))
    .describe('Channels by which the customer cannot be reached; written anew, they are tried again'),
})
export const preview = z.object({
  ...{ template: z.string(), channel, locale, version: z.int(), latestVersion: z.int() },
  title: z.string().optional(),
  text: z.string(),
  html: z.string().optional(),
  length: z.int().describe('Of the text; an SMS has 160 at most'),
})

/** What customers are told, and how, as a part of the OpenAPI document. */
export const notificationPaths = (describe: Describe) => {
  const { get, json, ok, inPath, inQuery, problems, always, idempotencyKey, actorHeader } = describe
  return {
    '/api/notifications': {
      get: get(
        'What customers were told, newest first',
        schemas.page(notification),
        inQuery({ customerId, orderId, channel, status, limit: z.int().min(1).max(500) }),
      ),
    },
    '/api/notifications/preview': {
      get: get(
        'What a customer would read, filled with an example',
        preview,
        inQuery({
          template: z.string().describe('Required; a kind of notification'),
          ...{ channel, locale, version: z.int().min(1), name: z.string().max(200).describe("The customer's") },
        }),
        problems([404, 'No such template, or not in that version']),
      ),
    },
    '/api/customers/{customerId}/notification-preferences': {
      get: get('How a customer wants to be told', preferencesAnswer, [inPath('customerId')]),
      put: {
        summary: 'Say anew how a customer wants to be told',
        parameters: [inPath('customerId'), idempotencyKey, actorHeader],
        requestBody: { required: true, content: json(preferences) },
        responses: {
          200: ok(preferencesAnswer, 'So it is from now on; the same answer for every repetition'),
          ...always,
          ...problems(
            [400, 'A missing key, bad fields, or a channel without an address'],
            [409, 'A request with this key is still under way'],
            [422, 'The key was used with another body'],
          ),
        },
      },
    },
  }
}
