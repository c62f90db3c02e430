import { z } from 'zod'
import { matchesPattern } from './event-pattern.ts'

/** What a subscription is for: which types of messages, and which of them by what their data says. */

const MOST_PATTERNS = 20
const MOST_CONDITIONS = 10

export const eventPattern = z
  .string()
  .max(120)
  .regex(/^([a-z0-9-]+|\*|#)(\.([a-z0-9-]+|\*|#)){0,9}$/, 'words of a-z 0-9 -, * or #, with a dot between them')

/** RFC 6901, eight steps deep at most. */
export const jsonPointer = z
  .string()
  .max(200)
  .regex(/^(\/([^/~]|~[01])*){1,8}$/, 'a JSON pointer: /name/name, of 1 to 8 steps')

const scalar = z.union([z.string().max(200), z.number(), z.boolean()])
const bound = z.union([z.number(), z.string().max(200)])

/** All of it must hold; strings are compared by their UTF-16 code units, and nothing with what is of another kind. */
export const condition = z
  .strictObject({
    '==': scalar.optional(),
    '!=': scalar.optional(),
    '<': bound.optional(),
    '<=': bound.optional(),
    '>': bound.optional(),
    '>=': bound.optional(),
    in: z.array(scalar).min(1).max(50).optional(),
    exists: z.boolean().optional(),
  })
  .refine((each) => Object.keys(each).length > 0, 'at least one of == != < <= > >= in exists')

export const eventFilter = z.strictObject({
  /** One of them must mean the type. */
  types: z.array(eventPattern).min(1).max(MOST_PATTERNS),
  /** By JSON pointer into the message's data; all of them must hold. */
  match: z
    .record(jsonPointer, condition)
    .refine((match) => Object.keys(match).length <= MOST_CONDITIONS, `at most ${MOST_CONDITIONS} conditions`)
    .optional(),
})
export type EventFilter = z.infer<typeof eventFilter>
export type Condition = z.infer<typeof condition>

export const meansType = ({ types }: EventFilter, type: string): boolean =>
  types.some((pattern) => matchesPattern(pattern, type))

/** Whether all conditions hold of these data. Total: whatever the data are, the answer is yes or no. */
export const meansData = ({ match }: EventFilter, data: unknown): boolean =>
  match === undefined || Object.entries(match).every(([pointer, condition]) => holds(condition, valueAt(data, pointer)))

export const means = (filter: EventFilter, type: string, data: unknown): boolean =>
  meansType(filter, type) && meansData(filter, data)

/** What a pointer leads to; undefined when it leads nowhere. */
export const valueAt = (data: unknown, pointer: string): unknown => {
  let value = data
  for (const step of pointer.split('/').slice(1)) {
    if (value === null || typeof value !== 'object') return undefined
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    // Of an array, its places only: `length` is no part of the data.
    if (Array.isArray(value) ? !/^(0|[1-9]\d{0,8})$/.test(name) : !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

/** Of what is not there nothing holds but that it does not exist. */
const holds = (condition: Condition, value: unknown): boolean => {
  const { exists, in: among } = condition
  if (value === undefined) return exists === false && Object.keys(condition).length === 1
  if (exists === false) return false
  if (among !== undefined && !among.some((one) => one === value)) return false
  const equal = condition['==']
  if (equal !== undefined && value !== equal) return false
  const other = condition['!=']
  if (other !== undefined && value === other) return false
  return COMPARISONS.every(([operator, isSo]) => {
    const bound = condition[operator]
    return bound === undefined || (typeof bound === typeof value && isSo(value as never, bound as never))
  })
}

const COMPARISONS = [
  ['<', (value, bound) => value < bound],
  ['<=', (value, bound) => value <= bound],
  ['>', (value, bound) => value > bound],
  ['>=', (value, bound) => value >= bound],
] as const satisfies readonly (readonly [keyof Condition, (value: number, bound: number) => boolean])[]
