const TOKEN = /("token"\s*:\s*")(?!sealed\.)(?:[^"\\]|\\.)*"/g
const MASK = '****'

/**
 * A record's value without the payment tokens in it: whoever holds one can charge the card. Sealed ones may be seen, and
 * copied into a corrected record. Works on any bytes, for what is parked may be no JSON any more.
 */
export const maskTokens = (value: Buffer): Buffer =>
  Buffer.from(value.toString('latin1').replace(TOKEN, `$1${MASK}"`), 'latin1')

/** Whether a text was copied from where tokens are masked. */
export const hasMaskedToken = (text: string): boolean =>
  [...text.matchAll(TOKEN)].some(([token]) => token.endsWith(`"${MASK}"`))
