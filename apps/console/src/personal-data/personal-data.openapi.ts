import { z } from 'zod'
import { customerId } from '#libs/contracts'
import type { Describe } from '../operators.openapi.ts'

const erasureRequest = z.strictObject({
  reason: z.string().min(1).max(1_000).describe('Kept on the audit trail for good: it must not name the customer'),
})
const erased = z.object({
  customerId,
  erasedAt: z.iso.datetime(),
  effectiveBy: z.iso.datetime().describe('From then on no process can use the key, not even one that was cut off'),
})
const all = z.object({
  customerId,
  complete: z.boolean().describe('False: there is more than fits into one answer'),
  totals: z.array(z.record(z.string(), z.unknown())),
  preferences: z.record(z.string(), z.unknown()),
  orders: z.array(z.record(z.string(), z.unknown())),
  notifications: z.array(z.record(z.string(), z.unknown())),
})

/** What a customer may have told and forgotten, as a part of the OpenAPI document. */
export const personalDataPaths = ({ get, json, ok, inPath, problems, idempotencyKey, actorHeader }: Describe) => ({
  '/api/customers/{customerId}/export': {
    get: get('All that is held of a customer, in clear; `erased` where it was erased', all, [inPath('customerId')]),
  },
  '/api/customers/{customerId}/erasure': {
    post: {
      summary: 'Erase the personal data of a customer, for good, by destroying the key that it is sealed with',
      parameters: [inPath('customerId'), idempotencyKey, actorHeader],
      requestBody: { required: true, content: json(erasureRequest) },
      responses: {
        200: ok(erased, 'Erased, and on record; asked again it says since when'),
        ...problems(
          [400, 'A missing key or reason'],
          [409, 'Orders or returns are under way (`orders`), or a request with this key is'],
          [422, 'The key was used with another body'],
        ),
      },
    },
  },
})
