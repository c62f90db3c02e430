import { z } from 'zod'
import { parse } from '#libs/http'
import { type Forwarder, type Patience, refuseOverload } from './forwarder.ts'
import { gather, queryString } from './gathered.ts'
import type { Supervisor } from './processes/supervisor.ts'
import { consuming } from './services.ts'

const instant = z.iso.datetime({ offset: true })
const text = z.string().min(1).max(300)

/** How far down each service's part of the trail a page has come: `<service>.<number>`, joined by commas. */
const cursor = z
  .string()
  .regex(/^[a-z]+\.\d{1,18}(,[a-z]+\.\d{1,18})*$/, 'not a cursor of this list: pass on `nextCursor` as it came')
  .transform((text) => new Map(text.split(',').map((part) => part.split('.') as [string, string])))

const auditQuery = z.strictObject({
  actor: text.optional(),
  target: text.optional(),
  from: instant.optional(),
  to: instant.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(100),
  cursor: cursor.optional(),
})

interface Entry {
  readonly seq: number
  readonly at: string
}

/** Whose parts make the trail: every service, and the supervisor where there is one. */
export interface Keepers {
  readonly forwarder: Forwarder
  readonly supervisor: Supervisor | null
}

/** One trail made of all parts, youngest first. */
export const auditPage = async (keepers: Keepers, patience: Patience, query: unknown) => {
  const { limit, cursor, ...filter } = parse(auditQuery, query)
  const { answers, unreachable } = await gatherParts<{ items: Entry[]; nextCursor?: string }>(
    keepers,
    patience,
    (keeper) => `/internal/audit${queryString({ ...filter, limit, cursor: cursor?.get(keeper) })}`,
    // A part that is not in the cursor has been read to its end.
    (keeper) => cursor === undefined || cursor.has(keeper),
  )
  const found = answers.flatMap(({ service, answer }) => answer.items.map((entry) => ({ service, ...entry })))
  found.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : b.seq - a.seq))
  const items = found.slice(0, limit)
  const next = answers.flatMap(({ service, answer }) => {
    const shown = items.filter((entry) => entry.service === service)
    const last = shown.at(-1)?.seq ?? cursor?.get(service) ?? (answer.items[0] && answer.items[0].seq + 1)
    return last !== undefined && (shown.length < answer.items.length || answer.nextCursor) ? [`${service}.${last}`] : []
  })
  return { items, nextCursor: next.length === 0 ? null : next.join(','), unreachable }
}

/** Whether each service's part of the trail holds; the whole holds when all of them were asked and do. */
export const verifyTrails = async (keepers: Keepers, patience: Patience) => {
  const { answers, unreachable } = await gatherParts<{ holds: boolean }>(
    keepers,
    patience,
    () => '/internal/audit/verify',
  )
  return {
    holds: unreachable.length === 0 && answers.every(({ answer }) => answer.holds),
    services: Object.fromEntries(answers.map(({ service, answer }) => [service, answer])),
    unreachable,
  }
}

interface Parts<T> {
  readonly answers: readonly { readonly service: string; readonly answer: T }[]
  readonly unreachable: readonly string[]
}

const gatherParts = async <T>(
  { forwarder, supervisor }: Keepers,
  patience: Patience,
  pathOf: (keeper: string) => string,
  isAsked: (keeper: string) => boolean = () => true,
): Promise<Parts<T>> => {
  const isKept = supervisor !== null && isAsked('supervisor')
  const [services, [supervised]] = await Promise.all([
    gather<T>(forwarder, patience, pathOf, consuming.filter(isAsked)),
    Promise.allSettled(isKept ? [supervisor.get<T>(pathOf('supervisor'))] : []),
  ])
  if (supervised === undefined) return services
  refuseOverload([supervised])
  return supervised.status === 'fulfilled'
    ? { ...services, answers: [...services.answers, { service: 'supervisor', answer: supervised.value }] }
    : { ...services, unreachable: [...services.unreachable, 'supervisor'] }
}
