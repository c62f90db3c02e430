import { hash } from 'node:crypto'

/** Waybill's own UUIDv5 name space, so that its names meet nobody else's. */
const NAMESPACE = Buffer.from('6f1d2c1e8b0a5f0e9b7a3c4d5e6f7081', 'hex')

/** UUIDv5 (RFC 9562): the same name gives the same id, on every machine and after every crash. */
export const uuidFrom = (name: string): string => {
  const input = Buffer.allocUnsafe(NAMESPACE.length + Buffer.byteLength(name))
  NAMESPACE.copy(input)
  input.write(name, NAMESPACE.length)
  const hex = hash('sha1', input, 'hex')
  const variant = VARIANT[Number.parseInt(hex[16]!, 16) & 3]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** The two bits of the RFC's variant, before any two others. */
const VARIANT = ['8', '9', 'a', 'b'] as const

/**
 * The id of the `index`-th thing that the message `causeId` brings about. A handler that runs twice gives the same
 * ids both times, so a duplicate is recognised as one wherever it lands.
 */
export const consequenceId = (causeId: string, index: number): string => uuidFrom(`${causeId}/${index}`)
