import { hash } from 'node:crypto'

/** Waybill's own UUIDv5 name space, so that its names meet nobody else's. */
const NAMESPACE = Buffer.from('6f1d2c1e8b0a5f0e9b7a3c4d5e6f7081', 'hex')

/** UUIDv5 (RFC 9562): the same name gives the same id, on every machine and after every crash. */
export const uuidFrom = (name: string): string => {
  const bytes = hash('sha1', Buffer.concat([NAMESPACE, Buffer.from(name)]), 'buffer')
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex', 0, 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/**
 * The id of the `index`-th thing that the message `causeId` brings about. A handler that runs twice gives the same
 * ids both times, so a duplicate is recognised as one wherever it lands.
 */
export const consequenceId = (causeId: string, index: number): string => uuidFrom(`${causeId}/${index}`)
