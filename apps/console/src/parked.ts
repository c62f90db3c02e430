import { z } from 'zod'
import { parse } from '#libs/http'
import { parkedFilter as parkedOfService } from '#libs/messaging'
import { type Forwarder, type Patience, refuseOverload } from './forwarder.ts'
import { gather, queryString } from './gathered.ts'
import { consuming } from './services.ts'

type Consuming = (typeof consuming)[number]

export interface ParkedPage {
  readonly items: readonly object[]
  /** Where the next page begins; null on the last one. */
  readonly nextCursor: string | null
  /** Services that could not be asked; what they have parked is not in `items`. */
  readonly unreachable: readonly string[]
}

/** One list over all services, one after the other: `<service>.<id of the last one seen there>`. */
interface Position {
  readonly service: Consuming
  readonly after: string
}

const cursor = z
  .string()
  .transform((text) => text.split('.') as [string, string])
  .pipe(z.tuple([z.enum(consuming), z.string().regex(/^\d{1,18}$/)], 'not a cursor of this list'))
  .transform(([service, after]): Position => ({ service, after }))

/** Which ones are meant, and whose. */
export const parkedFilter = parkedOfService.extend({ service: z.enum(consuming).optional() })

export const parkedQuery = parkedFilter.extend({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: cursor.optional(),
})
export type ParkedQuery = z.infer<typeof parkedQuery>

interface ServicesPage {
  readonly items: readonly { readonly id: string }[]
  readonly nextCursor?: string
}

/**
 * Messages that some service could not handle, and those that wait behind them. All services are asked at once for as
 * much as the page may still need, so that one that does not answer costs its own part and its time once.
 */
export const parkedPage = async (
  forwarder: Forwarder,
  patience: Patience,
  { service, limit, cursor, ...filter }: ParkedQuery,
): Promise<ParkedPage> => {
  const first = cursor === undefined ? 0 : consuming.indexOf(cursor.service)
  const asked = consuming.slice(first).filter((name) => service === undefined || name === service)
  const answers = await Promise.allSettled(
    asked.map((name) => {
      const after = name === cursor?.service ? cursor.after : '0'
      return forwarder.get<ServicesPage>(
        name,
        `/internal/parked${queryString({ ...filter, limit, cursor: after })}`,
        patience,
      )
    }),
  )
  refuseOverload(answers)
  const found = answers.flatMap((answer, i) =>
    answer.status === 'fulfilled' ? answer.value.items.map((item) => ({ service: asked[i]!, ...item })) : [],
  )
  const items = found.slice(0, limit)
  const more =
    found.length > limit || answers.some((answer) => answer.status === 'fulfilled' && answer.value.nextCursor)
  const last = items.at(-1)
  return {
    items,
    nextCursor: more && last ? `${last.service}.${last.id}` : null,
    unreachable: asked.filter((_, i) => answers[i]!.status === 'rejected'),
  }
}

interface Count {
  readonly status: string
  readonly reason: string
  readonly count: number
}

/** How many are meant, by service, status and reason. */
export const parkedCounts = async (forwarder: Forwarder, patience: Patience, query: unknown) => {
  const { service, ...filter } = parse(parkedFilter, query)
  const { answers, unreachable } = await gather<{ items: Count[] }>(
    forwarder,
    patience,
    () => `/internal/parked/counts${queryString(filter)}`,
    service === undefined ? consuming : [service],
  )
  const items = answers.flatMap(({ service, answer }) => answer.items.map((count) => ({ service, ...count })))
  return { items, total: items.reduce((sum, { count }) => sum + count, 0), unreachable }
}

/** The services that make calls to the outside world. */
const calling = ['payment', 'fulfillment', 'notification'] as const

/** Calls whose outcome could not be recorded, the oldest of each service first, at most 500 of each. */
export const parkedEffectsPage = async (forwarder: Forwarder, patience: Patience) => {
  const { answers, unreachable } = await gather<{ items: object[] }>(
    forwarder,
    patience,
    () => '/internal/parked-effects?limit=500',
    calling,
  )
  return {
    items: answers.flatMap(({ service, answer }) => answer.items.map((item) => ({ service, ...item }))),
    unreachable,
  }
}
