export class InvalidIdempotencyKey extends Error {
  override readonly name = 'InvalidIdempotencyKey'
}

/** An RFC 8941 string, as the draft asks for; most clients send the bare key, which is understood as well. */
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/
const KEY = /^[\x20-\x7e]{1,255}$/

/**
 * The key in an `Idempotency-Key` header; undefined when there is no header.
 * @throws InvalidIdempotencyKey for anything but 1 to 255 printable ASCII characters, bare or quoted.
 */
export const parseIdempotencyKey = (header: string | readonly string[] | undefined): string | undefined => {
  if (header === undefined) return undefined
  const text = String(header).trim()
  const key = QUOTED.exec(text)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? text
  if (!KEY.test(key) || (key === text && text.startsWith('"')))
    throw new InvalidIdempotencyKey('Idempotency-Key must be 1 to 255 printable ASCII characters, bare or in quotes')
  return key
}
