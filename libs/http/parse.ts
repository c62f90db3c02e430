import type { z } from 'zod'
import { inPlainWords } from './plain-words.ts'
import { Problem } from './problem.ts'

/** What is wrong with one field; the pointer (RFC 6901) is relative to the value that was parsed. */
export interface FieldError {
  readonly pointer: string
  readonly detail: string
}

/** The value as the schema says, or a 400 problem whose `errors` name every bad field. */
export const parse = <T>(schema: z.ZodType<T>, value: unknown): T => {
  const result = schema.safeParse(value, { error: inPlainWords, reportInput: true })
  if (result.success) return result.data
  const errors = result.error.issues.flatMap(fieldErrors)
  throw new Problem(400, {
    type: 'invalid-request',
    title: 'Invalid request',
    detail: errors.map(({ pointer, detail }) => `${pointer || 'the body'}: ${detail}`).join('; '),
    extensions: { errors },
  })
}

/** Each unknown key is a bad field of its own; zod reports them as one issue of their parent. */
const fieldErrors = (issue: z.core.$ZodIssue): FieldError[] =>
  issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), detail: 'unknown field' }))
    : [{ pointer: pointerOf(issue.path), detail: issue.message }]

export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
