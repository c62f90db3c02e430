import type { FastifyRequest } from 'fastify'
import { type FieldError, pointerOf } from './parse.ts'
import { Problem } from './problem.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/
/** JSON of 64 KiB can be nested 32,000 deep; nothing that we understand is. */
const DEEPEST = 32

/**
 * No text of a request, in its address or its body, may hold a control character or half a surrogate pair: databases
 * refuse the one, encoders the other, and a line break in a name is a header in a mail.
 */
export const refuseControlCharacters = ({ params, query, body }: FastifyRequest): void => {
  const errors: FieldError[] = []
  for (const part of [params, query, Buffer.isBuffer(body) ? undefined : body]) collect(part, [], errors)
  if (errors.length === 0) return
  throw new Problem(400, {
    type: 'invalid-request',
    title: 'Invalid request',
    detail: errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; '),
    extensions: { errors },
  })
}

const collect = (value: unknown, path: readonly string[], errors: FieldError[]): void => {
  if (typeof value === 'string') {
    const detail = whatIsWrongWith(value)
    if (detail !== undefined) errors.push({ pointer: pointerOf(path), detail })
  } else if (value !== null && typeof value === 'object') {
    if (path.length >= DEEPEST) {
      errors.push({ pointer: pointerOf(path), detail: 'is nested too deep' })
      return
    }
    for (const [key, inner] of Object.entries(value)) {
      const detail = whatIsWrongWithName(key)
      if (detail === undefined) collect(inner, [...path, key], errors)
      else errors.push({ pointer: pointerOf(path), detail: `has a field whose name ${detail}` })
    }
  }
}

/** `__proto__` in JSON is a field like any other, until somebody copies the object. */
const whatIsWrongWithName = (name: string): string | undefined =>
  name === '__proto__' ? 'is __proto__' : whatIsWrongWith(name)

const whatIsWrongWith = (text: string): string | undefined => {
  const control = CONTROL.exec(text)
  if (control !== null)
    return `contains the control character U+${control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
  return text.isWellFormed() ? undefined : 'contains half a surrogate pair'
}
