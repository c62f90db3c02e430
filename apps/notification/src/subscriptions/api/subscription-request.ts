import { z } from 'zod'
import { eventFilter } from '#libs/contracts'

const MOST_URL_CHARACTERS = 2_000

const url = z
  .string()
  .max(MOST_URL_CHARACTERS)
  .superRefine((text, context) => {
    const problem = whatIsWrongWith(text)
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
  })
  .transform((text) => new URL(text).href)

const whatIsWrongWith = (text: string): string | undefined => {
  if (!URL.canParse(text)) return 'an absolute URL'
  const { protocol, username, password, hash, hostname } = new URL(text)
  if (protocol !== 'https:' && protocol !== 'http:') return 'https, or http to addresses that are not public'
  if (username !== '' || password !== '') return 'without a name and a password: requests are signed'
  if (hash !== '') return 'without a fragment'
  return hostname === '' ? 'with a host' : undefined
}

const destination = z.discriminatedUnion('to', [
  z.strictObject({
    to: z.literal('webhook'),
    url,
    /** One after the other for each key of the messages, which is their customer. */
    ordered: z.boolean().default(false),
  }),
  z.strictObject({ to: z.literal('email'), address: z.email().max(254) }),
  z.strictObject({
    to: z.literal('queue'),
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, '1 to 63 characters of a-z 0-9 -'),
  }),
])

/** Why it is asked for, for the audit trail. */
const reason = z.string().trim().min(1).max(1_000).optional()
export const onlyReason = z.strictObject({ reason }).default({})

export const newSubscription = z.strictObject({ filter: eventFilter, deliver: destination, reason })
export type NewSubscription = z.infer<typeof newSubscription>

/** What is left out stays as it is. */
export const changeOfSubscription = z
  .strictObject({
    filter: eventFilter.optional(),
    deliver: destination.optional(),
    state: z.enum(['active', 'off']).optional(),
    reason,
  })
  .refine(
    ({ filter, deliver, state }) => filter !== undefined || deliver !== undefined || state !== undefined,
    'one of filter, deliver, state',
  )
export type ChangeOfSubscription = z.infer<typeof changeOfSubscription>

/** From the link of a mail; what is no token is no question's. */
export const confirmation = z.strictObject({ token: z.string().max(200) })

export const deliveriesQuery = z.strictObject({
  state: z.enum(['pending', 'delivered', 'failed']).optional(),
  cursor: z
    .string()
    .regex(/^\d{1,18}$/, 'a cursor from nextCursor')
    .transform(BigInt)
    .default(2n ** 62n),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
