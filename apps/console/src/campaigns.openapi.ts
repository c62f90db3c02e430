import { z } from 'zod'
import { customerId } from '#libs/contracts'
import * as schemas from './openapi-schemas.ts'
import type { Describe } from './operators.openapi.ts'

/** What many customers are told, as a part of the OpenAPI document. */

const count = z.int().nonnegative()
const reason = z.string().min(1).max(1_000).optional().describe('For the audit trail')
const template = z.enum(['season_sale', 'free_delivery', 'new_in_the_shop'])
const values = z.record(z.string(), z.string().max(200)).describe('What the template is filled with')
const segment = z
  .union([
    z.literal('everybody'),
    z.object({ toldSince: schemas.instant }),
    z.object({ customerIds: z.array(customerId).min(1).max(1_000) }),
  ])
  .describe('Every customer we know, those who were told something since, or these')
const campaignRequest = z.object({
  template,
  values: values.optional(),
  segment,
  at: schemas.instant.optional().describe('Not before; default: now'),
  reason,
})
export const campaign = z.object({
  campaignId: z.uuid(),
  template,
  values,
  segment,
  state: z.enum(['scheduled', 'running', 'paused', 'cancelled', 'completed']),
  at: schemas.instant,
  total: count.describe('Customers who are to be told, settled when it was made'),
  told: count.describe('Whose notification has begun: each customer once'),
  createdBy: z.string(),
  createdAt: schemas.instant,
  startedAt: schemas.instant.optional(),
  endedAt: schemas.instant.optional(),
})
export const campaignProgress = campaign.extend({
  notifications: z
    .object({ waiting: count, pending: count, sent: count, failed: count, skipped: count })
    .describe('What became of them; a customer may have several, one for each channel'),
})

export const campaignPaths = (describe: Describe) => {
  const { get, json, ok, inPath, inQuery, problems, always, idempotencyKey, actorHeader } = describe
  const command = (summary: string) => ({
    post: {
      summary,
      parameters: [inPath('id'), idempotencyKey, actorHeader],
      requestBody: { required: false, content: json(z.object({ reason })) },
      responses: {
        200: ok(campaign),
        ...always,
        ...problems(
          [400, 'A missing key or a bad field'],
          [404, 'No such campaign'],
          [409, 'Not possible in the state that it is in, or a request with this key is under way'],
          [422, 'The key was used with another body'],
        ),
      },
    },
  })
  return {
    '/api/campaigns': {
      get: get('Campaigns, newest first', schemas.page(campaign), inQuery({ limit: z.int().min(1).max(200) })),
      post: {
        summary: 'Tell many customers something, each once, at low priority',
        parameters: [idempotencyKey, actorHeader],
        requestBody: { required: true, content: json(campaignRequest) },
        responses: {
          201: ok(campaign),
          ...always,
          ...problems(
            [400, 'A missing key or a bad field'],
            [409, 'A request with this key is under way'],
            [422, 'Nobody is in this segment, or the key was used with another body'],
          ),
        },
      },
    },
    '/api/campaigns/{id}': {
      get: get('How far a campaign has come', campaignProgress, [inPath('id')], problems([404, 'No such campaign'])),
    },
    '/api/campaigns/{id}/pause': command('Tell nobody more; what is on its way arrives'),
    '/api/campaigns/{id}/resume': command('Go on where it was paused'),
    '/api/campaigns/{id}/cancel': command('Tell nobody more, for good'),
  }
}
