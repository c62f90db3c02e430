import { z } from 'zod'
import { customerId } from '#libs/contracts'
import { campaignTemplates } from '../../templates/campaigns.ts'

const instant = z.iso.datetime({ offset: true })
const reason = z.string().trim().min(1).max(1_000).optional()
const MOST_NAMED = 1_000
const MOST_VALUES = 10

export const newCampaign = z.strictObject({
  template: z.enum(campaignTemplates),
  /** What the template is filled with. */
  values: z
    .record(z.string().regex(/^[a-z][A-Za-z0-9]{0,30}$/, 'a name'), z.string().max(200))
    .refine((values) => Object.keys(values).length <= MOST_VALUES, `at most ${MOST_VALUES}`)
    .default({}),
  segment: z.union(
    [
      z.literal('everybody'),
      z.strictObject({ toldSince: instant }),
      z.strictObject({ customerIds: z.array(customerId).min(1).max(MOST_NAMED) }),
    ],
    'everybody, { toldSince } or { customerIds }',
  ),
  at: instant.optional(),
  reason,
})
export type NewCampaign = z.infer<typeof newCampaign>

export const commandRequest = z.strictObject({ reason }).default({})
export const campaignsQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) })
