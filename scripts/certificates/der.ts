/** As much of DER (ITU-T X.690) as certificates are made of: each function answers one encoded value. */

const TAG = {
  ...{ boolean: 0x01, integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, utf8String: 0x0c },
  ...{ utcTime: 0x17, generalizedTime: 0x18, sequence: 0x30, set: 0x31 },
}

const encoded = (tag: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([tag]), lengthOf(content), content])

const lengthOf = ({ length }: Buffer): Buffer => {
  if (length < 0x80) return Buffer.from([length])
  const bytes = unsigned(BigInt(length))
  return Buffer.from([0x80 | bytes.length, ...bytes])
}

const unsigned = (value: bigint): Buffer => {
  const hex = value.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
}

export const sequence = (...parts: readonly Buffer[]): Buffer => encoded(TAG.sequence, Buffer.concat(parts))
export const set = (...parts: readonly Buffer[]): Buffer => encoded(TAG.set, Buffer.concat(parts))
export const boolean = (value: boolean): Buffer => encoded(TAG.boolean, Buffer.from([value ? 0xff : 0]))
export const utf8String = (text: string): Buffer => encoded(TAG.utf8String, Buffer.from(text, 'utf8'))
export const octetString = (content: Buffer): Buffer => encoded(TAG.octetString, content)

/** Of what is not negative: a first bit that is set would say that it is. */
export const integer = (value: bigint): Buffer => {
  const bytes = unsigned(value)
  return encoded(TAG.integer, bytes[0]! < 0x80 ? bytes : Buffer.concat([Buffer.from([0]), bytes]))
}

/** `unused`: bits at the end of the last byte that do not count. */
export const bitString = (content: Buffer, unused = 0): Buffer =>
  encoded(TAG.bitString, Buffer.concat([Buffer.from([unused]), content]))

/** `1.2.840.10045.4.3.2`: the first two numbers share a byte, the others are written in digits of 7 bits. */
export const oid = (text: string): Buffer => {
  const [first, second, ...rest] = text.split('.').map(Number) as [number, number, ...number[]]
  return encoded(TAG.oid, Buffer.from([first * 40 + second, ...rest.flatMap(digits)]))
}

const digits = (value: number): number[] => {
  const found = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) found.unshift((rest & 0x7f) | 0x80)
  return found
}

/** To the second, in UTC; RFC 5280 wants two digits of the year up to 2049. */
export const time = (moment: Date): Buffer => {
  const digits = `${moment.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`
  const isShort = moment.getUTCFullYear() < 2050
  return encoded(isShort ? TAG.utcTime : TAG.generalizedTime, Buffer.from(isShort ? digits.slice(2) : digits, 'latin1'))
}

/** A value that its place in a structure names; `constructed` when it is made of others. */
export const tagged = (number: number, content: Buffer, { constructed }: { readonly constructed: boolean }): Buffer =>
  encoded(0x80 | (constructed ? 0x20 : 0) | number, content)
