/**
 * A text that PostgreSQL can hold, of `maxLength` characters at most: it refuses zero bytes, which garbage and the
 * words of foreign errors may have.
 */
export const storableText = (text: string, maxLength = Number.POSITIVE_INFINITY): string =>
  text.slice(0, maxLength).replaceAll('\0', '\uFFFD')
